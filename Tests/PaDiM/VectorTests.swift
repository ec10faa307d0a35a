import Backbone
import CKernels
import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import Tensors
import Testing
import TestSupport
import TestWeights

/// Every step from image to score gives the numbers that NumPy gives by docs/NUMERICS.md: see Fixtures/vectors/README.md.
@Suite struct VectorTests {
    private struct Notes: Decodable {
        struct Result: Decodable {
            let score: Float
            let maxRow: Int
            let maxColumn: Int
            let topOnePercent: Float
        }

        let space: FeatureSpace
        let gain: Double
        let epsilon: Double
        let count: Int64
        let results: [String: Result]
    }

    private let folder: TemporaryFolder
    private let path: String
    private let vectors: SafetensorsFile
    private let notes: Notes
    private var space: FeatureSpace { notes.space }

    init() throws {
        folder = try TemporaryFolder()
        path = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/vectors").path
        vectors = try SafetensorsFile(path: path + "/vectors.safetensors")
        notes = try JSONDecoder().decode(
            Notes.self, from: Data(contentsOf: URL(fileURLWithPath: path + "/vectors.json")))
    }

    private func image(_ number: Int) -> String { path + "/image-\(number).png" }

    private func doubles(_ name: String) throws -> [Double] {
        try vectors.withElements(of: name, as: Double.self) { Array($0) }
    }

    private func numbers() throws -> [Int32] { try vectors.withElements(of: "numbers", as: Int32.self) { Array($0) } }

    private func embedder(_ set: InstructionSet) throws -> Embedder {
        let backbone = try Backbone.named(space.backbone)
        let weights = try BackboneWeights(
            SyntheticWeights(backbone, gain: notes.gain), for: backbone, upTo: space.layers)
        return try Embedder(space: space, weights: weights, instructionSet: set, crew: ThreadCrew(threads: 1))
    }

    /// The sums in the vectors, as a file.
    private func statistics() throws -> StatisticsFile {
        let header = try StatisticsHeader(space: space, count: notes.count, clamped: 0)
        let writer = try StatisticsFileWriter(path: folder["statistics"], header: header)
        try vectors.withBytes(of: "moments") { try writer.write($0, patches: 0..<space.patches) }
        try writer.commit()
        return try StatisticsFile(path: folder["statistics"])
    }

    private func model(_ set: InstructionSet) throws -> GaussianModel {
        try ModelBuilder.build(
            from: statistics(), epsilon: notes.epsilon, to: folder["model"], crew: ThreadCrew(threads: 1),
            instructionSet: set)
        return try GaussianModel(path: folder["model"])
    }

    @Test func theChannelsAreThoseOfTheSeed() throws {
        #expect(try ChannelSelection.random(keeping: 5, of: 448, seed: 0) == space.channels)
    }

    @Test func imageToPixels() throws {
        let preprocessing = try Preprocessing(space.input)
        let found = try (0..<5).map { try preprocessing.prepare(ImageDecoder.decode(file: image($0))) }
        let bytes = try vectors.withBytes(of: "pixels") { Array($0) }
        let size = bytes.count / 5
        #expect(found == (0..<5).map { .bytes(Array(bytes[$0 * size..<($0 + 1) * size])) })
    }

    /// A pixel is v a + b in Float32.
    @Test func pixelsToInput() throws {
        let backbone = try Backbone.named(space.backbone)
        let pixels = try vectors.withBytes(of: "pixels") { Array($0) }
        let input = try vectors.withElements(of: "input", as: Float.self) { Array($0) }
        let area = space.input.height * space.input.width
        for (place, pixel) in pixels.enumerated() {
            let (number, channel) = (place / 3, place % 3)
            let (mean, deviation) = (Double(backbone.mean[channel]), Double(backbone.deviation[channel]))
            // A product of its own, so that nothing fuses it with the sum.
            let product = Double(Float(pixel)) * Double(Float(1 / deviation))
            let expected = Float(product) + Float(-mean / deviation)
            #expect(input[number / area * 3 * area + channel * area + number % area] == expected)
        }
    }

    /// Sums of one image are its numbers.
    @Test(arguments: InstructionSet.available) func imageToFeatures(set: InstructionSet) throws {
        let (features, largest) = try (doubles("features"), doubles("largest"))
        let embedder = try embedder(set)
        let (patches, dimension) = (space.patches, space.dimension)
        for number in 0..<5 {
            let fitter = try Fitter(embedder: embedder)
            #expect(try fitter.fold([.file(image(number))]).isEmpty)
            let words = try fitter.statistics.withChunk(patches: 0..<patches) { Array($0.bindMemory(to: Int64.self)) }
            for patch in 0..<patches {
                for (place, channel) in space.channels.enumerated() {
                    let tap = channel < 64 ? 0 : channel < 192 ? 1 : 2
                    let found = Double(words[patch * dimension * (dimension + 3) / 2 + place]) / 512
                    let expected = features[(number * patches + patch) * dimension + place]
                    // Half a step of the grid comes on top.
                    #expect(abs(found - expected) <= 1e-4 * largest[3 * number + tap] + 0.5 / 512)
                }
            }
        }
    }

    @Test(arguments: InstructionSet.available) func featuresToNumbers(set: InstructionSet) throws {
        let (features, numbers) = try (doubles("features").map { Float($0) }, numbers())
        let size = space.patches * space.dimension
        for number in 0..<5 {
            let range = number * size..<(number + 1) * size
            let found = try gathered(
                Array(features[range]), space.dimension, space.gridWidth * space.dimension, space.gridHeight,
                space.gridWidth, (0..<Int32(space.dimension)).map { $0 }, space.grid.scales, grid: space.gridHeight,
                set: set)
            #expect(Array(found.values.dropLast(2)) == Array(numbers[range]))
            #expect(found.tally.clamped == 0)
        }
    }

    @Test(arguments: InstructionSet.available) func numbersToSums(set: InstructionSet) throws {
        let (numbers, patches, dimension) = (try numbers(), space.patches, space.dimension)
        let statistics = try Statistics(patches: patches, dimension: dimension, instructionSet: set)
        for patch in 0..<patches {
            let rows = (0..<Int(notes.count)).flatMap { image in
                numbers[((image * patches + patch) * dimension)...].prefix(dimension)
            }
            try statistics.fold(rows, images: Int(notes.count), patches: patch..<patch + 1)
        }
        statistics.didFold(images: Int(notes.count), clamped: 0)
        #expect(
            try statistics.withChunk(patches: 0..<patches) { Array($0) }
                == vectors.withBytes(of: "moments") { Array($0) })
    }

    @Test(arguments: InstructionSet.available) func sumsToModel(set: InstructionSet) throws {
        let (model, means, whitenings) = try (model(set), doubles("mean"), doubles("whitening"))
        let (dimension, packed) = (space.dimension, space.dimension * (space.dimension + 1) / 2)
        try model.withParameters(patches: 0..<space.patches) { foundMeans, foundWhitenings in
            for patch in 0..<space.patches {
                for (found, expected) in [
                    (
                        Array(UnsafeBufferPointer(start: foundMeans + patch * dimension, count: dimension)),
                        means[(patch * dimension)...].prefix(dimension)
                    ),
                    (
                        Array(UnsafeBufferPointer(start: foundWhitenings + patch * packed, count: packed)),
                        whitenings[(patch * packed)...].prefix(packed)
                    ),
                ] {
                    let largest = expected.map(abs).max() ?? 0
                    for (one, other) in zip(found, expected) { #expect(abs(Double(one) - other) <= 1e-6 * largest) }
                }
            }
        }
    }

    @Test(arguments: InstructionSet.available) func numbersToDistances(set: InstructionSet) throws {
        let (model, expected) = try (model(set), doubles("distances"))
        let values = try numbers().suffix(space.patches * space.dimension).map { Float($0) / 512 }
        var found = [Float](repeating: 0, count: space.patches)
        try model.distances(values, images: 1, patches: 0..<space.patches, instructionSet: set, into: &found)
        for (one, other) in zip(found, expected) { #expect(abs(Double(one) - other) <= 2e-5 * other) }
    }

    @Test(arguments: InstructionSet.available, [BlurBorder.repeatingEdge, .mirror])
    func distancesToMapAndScore(set: InstructionSet, border: BlurBorder) throws {
        let expected = try doubles("map.\(border.rawValue)")
        let maker = try MapMaker(
            grid: (space.gridHeight, space.gridWidth), input: (space.input.height, space.input.width), border, set)
        let map = maker.map(try doubles("distances").map { Float($0) })
        let result = try #require(notes.results[border.rawValue])
        for (one, other) in zip(map.values, expected) {
            #expect(abs(Double(one) - other) <= 3e-6 * Double(result.score))
        }
        let highest = map.maximum()
        #expect(highest.row == result.maxRow && highest.column == result.maxColumn)
        #expect(abs(highest.value - result.score) <= 3e-6 * result.score)
        #expect(abs(map.meanOfLargest(percent: 1) - result.topOnePercent) <= 3e-6 * result.score)
    }

    /// All steps in a row: features that are close round to other numbers here and there.
    @Test(arguments: InstructionSet.available) func imageToScore(set: InstructionSet) throws {
        let embedder = try embedder(set)
        for border in [BlurBorder.repeatingEdge, .mirror] {
            let results = Results(1)
            let scorer = try Scorer(model: model(set), embedder: embedder, settings: ScoreSettings(blurBorder: border))
            try scorer.score([.file(image(4))]) { results.put($0, $1) }
            let (scored, expected) = try (results.all[0].get(), #require(notes.results[border.rawValue]))
            #expect(abs(scored.score - expected.score) <= 1e-3 * expected.score)
            #expect(scored.maxRow == expected.maxRow && scored.maxColumn == expected.maxColumn)
        }
    }
}
