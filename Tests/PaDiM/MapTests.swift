import Compute
import Foundation
import Imaging
import PaDiM
import Settings
import Tensors
import Testing

@Suite struct MapTests {
    private let fixtures: SafetensorsFile

    init() throws {
        let url = try #require(Bundle.module.url(forResource: "Fixtures/maps", withExtension: "safetensors"))
        fixtures = try SafetensorsFile(path: url.path)
    }

    struct Case: Sendable {
        let name: String
        let grid: (Int, Int)
        let input: (Int, Int)
        let image: (Int, Int)
    }

    static let cases = [
        Case(name: "square", grid: (14, 14), input: (56, 56), image: (91, 37)),
        Case(name: "oblong", grid: (7, 9), input: (28, 50), image: (28, 50)),
        Case(name: "tiny", grid: (3, 2), input: (6, 5), image: (4, 11)),
        Case(name: "full", grid: (56, 56), input: (224, 224), image: (300, 300)),
    ]

    @Test(arguments: InstructionSet.available, cases)
    func smoothMapsAreSciPys(set: InstructionSet, example: Case) throws {
        for (border, name) in [(BlurBorder.repeatingEdge, "reflect"), (.mirror, "mirror")] {
            let map = try self.map(example, border, set)
            #expect(map.height == example.input.0 && map.width == example.input.1)
            let expected = try fixtures.floats("\(example.name).\(name)")
            let found = example.name == "full" ? sampled(map, 3, 2) : map.values
            #expect(largestError(found, expected) < 3e-6)
        }
    }

    @Test(arguments: cases)
    func mapsAtTheImagesSizeArePyTorchs(example: Case) throws {
        let maker = try maker(example, .repeatingEdge, .best)
        let map = maker.map(try fixtures.floats(example.name + ".distances"))
        let preprocessing = try Preprocessing(
            InputSettings(height: example.input.0, width: example.input.1))
        let large = try maker.original(
            map, preprocessing.window(width: example.image.1, height: example.image.0))
        #expect(large.height == example.image.0 && large.width == example.image.1)
        let expected = try fixtures.floats(example.name + ".original")
        let found = example.name == "full" ? sampled(large, 5, 3) : large.values
        #expect(largestError(found, expected) < 3e-6)
    }

    /// Distances of a coarse grid are those of a finer one that shows each of them several times.
    @Test(arguments: InstructionSet.available, [((14, 14), (56, 56)), ((3, 5), (7, 12))])
    func coarseGridsAreRepeatedFirst(set: InstructionSet, grids: (coarse: (Int, Int), fine: (Int, Int))) throws {
        let (coarse, fine) = grids
        var random = TestRandom(state: 5)
        let distances = (0..<coarse.0 * coarse.1).map { _ in Float.random(in: 1...30, using: &random) }
        let repeated = (0..<fine.0 * fine.1).map { place in
            let (row, column) = (place / fine.1 * coarse.0 / fine.0, place % fine.1 * coarse.1 / fine.1)
            return distances[row * coarse.1 + column]
        }
        let maker = try MapMaker(grid: coarse, finest: fine, input: (60, 70), .repeatingEdge, set)
        let expected = try MapMaker(grid: fine, input: (60, 70), .repeatingEdge, set).map(repeated)
        let found = maker.map(distances)
        #expect(found.width == 70 && found.height == 60)
        #expect(largestError(found.values, expected.values) < 1e-6)
        // Not the same as blending at once.
        let blended = try MapMaker(grid: coarse, input: (60, 70), .repeatingEdge, set).map(distances)
        #expect(largestError(blended.values, expected.values) > 1e-3)
    }

    @Test func aCropIsPutBackWhereItWas() throws {
        // 100 x 60, shorter side to 30, so 50 x 30; the middle 20 x 20 of it is 40 x 40 pixels of the image.
        let preprocessing = try Preprocessing(InputSettings(height: 20, width: 20, resize: 30, crop: 20))
        let maker = try MapMaker(grid: (20, 20), input: (20, 20), .repeatingEdge, .best)
        let ones = FloatImage(width: 20, height: 20, values: [Float](repeating: 1, count: 400))
        let large = try maker.original(ones, preprocessing.window(width: 100, height: 60))
        #expect(large.width == 100 && large.height == 60)
        for y in 0..<60 {
            for x in 0..<100 {
                let inside = (10..<50).contains(y) && (30..<70).contains(x)
                #expect(abs(large.values[y * 100 + x] - (inside ? 1 : 0)) < 1e-6)
            }
        }
    }

    @Test func theMaximumIsTheFirstOfEquals() {
        let image = FloatImage(width: 3, height: 2, values: [1, 5, 2, 5, 5, 0])
        let maximum = image.maximum()
        #expect(maximum.value == 5 && maximum.row == 0 && maximum.column == 1)
        let zeros = FloatImage(width: 2, height: 1, values: [0, 0]).maximum()
        #expect(zeros.value == 0 && zeros.row == 0 && zeros.column == 0)
    }

    /// Of any number of values, equal ones among them, and such as are no numbers or infinite.
    @Test func theMaximumIsThatOfASearch() {
        var random = TestRandom(state: 11)
        for count in 1...70 {
            for most in [2, 5, 1000] {
                let values = (0..<count).map { _ -> Float in
                    switch Int(random.next() % UInt64(most)) {
                    case 0: random.next() % 2 == 0 ? .nan : -.infinity
                    case let value: Float(value) - Float(most) / 2
                    }
                }
                var (best, place) = (-Float.infinity, 0)
                for index in values.indices where values[index] > best { (best, place) = (values[index], index) }
                let found = FloatImage(width: count, height: 1, values: values).maximum()
                #expect(found.value == best && found.row == 0 && found.column == place)
            }
        }
    }

    @Test func theMeanOfTheLargestIsThatOfASortedCopy() {
        var random = TestRandom(state: 3)
        for percent in [0.001, 1, 2.5, 50, 99.9, 100] {
            let values = (0..<1000).map { _ in
                Bool.random(using: &random)
                    ? Float.random(in: 0...30, using: &random) : Float(Int.random(in: 0...3, using: &random))
            }
            let count = max(Int((10 * percent).rounded()), 1)
            let expected = values.sorted(by: >).prefix(count).reduce(0.0) { $0 + Double($1) } / Double(count)
            let found = FloatImage(width: 100, height: 10, values: values).meanOfLargest(percent: percent)
            #expect(abs(Double(found) - expected) <= 1e-6 * expected)
        }
    }

    private func maker(_ example: Case, _ border: BlurBorder, _ set: InstructionSet) throws -> MapMaker {
        try MapMaker(grid: example.grid, input: example.input, border, set)
    }

    private func map(_ example: Case, _ border: BlurBorder, _ set: InstructionSet) throws -> FloatImage {
        try maker(example, border, set).map(fixtures.floats(example.name + ".distances"))
    }

    private func sampled(_ map: FloatImage, _ rows: Int, _ columns: Int) -> [Float] {
        stride(from: 0, to: map.height, by: rows).flatMap { y in
            stride(from: 0, to: map.width, by: columns).map { map.values[y * map.width + $0] }
        }
    }

    /// Relative to the largest value expected.
    private func largestError(_ found: [Float], _ expected: [Float]) -> Float {
        guard found.count == expected.count else { return .infinity }
        return zip(found, expected).map { abs($0 - $1) }.max().map { $0 / (expected.max() ?? 1) } ?? .infinity
    }
}
