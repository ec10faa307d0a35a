import Foundation
import Gaussian
import Storage
import TestSupport
import Testing

@Suite struct ImageMultisetTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func image(_ number: Int) -> ContentDigest {
        Data("\(number)".utf8).withUnsafeBytes { ContentDigest(of: $0) }
    }
    private func images(_ numbers: [Int]) -> ImageMultiset { ImageMultiset(numbers.map(image)) }

    @Test(arguments: 0..<40)
    func additionAndSubtractionCountEachImage(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        func draw() -> [Int] {
            (0..<Int.random(in: 0...20, using: &random)).map { _ in Int.random(in: 0...9, using: &random) }
        }
        let (a, b) = (draw(), draw())
        let sum = images(a).adding(images(b))
        #expect(sum == images((a + b).shuffled(using: &random)))
        let (rest, absent) = sum.subtracting(images(b))
        #expect(absent == nil && rest == images(a))
        let counts = Dictionary((a + b).map { (image($0), 1) }, uniquingKeysWith: +).filter { $0.value > 1 }
        #expect(Dictionary(uniqueKeysWithValues: sum.repeated.map { ($0.digest, $0.count) }) == counts)
        #expect(ImageMultiset.sharedCount([images(a), images(b)]) == Set(a).intersection(b).count)
        #expect((sum.warningOfRepeated != nil) == !counts.isEmpty)
        let missing = b.filter { !a.contains($0) }
        #expect((images(a).subtracting(images(b)).absent == nil) == isPart(b, of: a))
        #expect(missing.allSatisfy { !images(a).contains(image($0)) } && a.allSatisfy { images(a).contains(image($0)) })
    }

    private func isPart(_ b: [Int], of a: [Int]) -> Bool {
        Set(b).allSatisfy { number in b.count { $0 == number } <= a.count { $0 == number } }
    }

    @Test func aDigestIsTheBeginningOfTheContentsSHA256() throws {
        let digest = Data("abc".utf8).withUnsafeBytes { ContentDigest(of: $0) }
        #expect(digest.description == "ba7816bf8f01cfea414140de5dae2223")
        #expect(ContentDigest(hex: digest.description) == digest && ContentDigest(bytes: digest.bytes) == digest)
        #expect(ContentDigest(hex: "+a7816bf8f01cfea414140de5dae2223") == nil && ContentDigest(hex: "ba78") == nil)
    }

    private func file(_ name: String, _ sample: Sample, _ chosen: [Int]) throws -> StatisticsFile {
        let statistics = try sample.statistics(chosen)
        let list = images(chosen)
        let header = try StatisticsHeader(
            space: sample.space(), count: statistics.count, clamped: statistics.clamped, images: list.digest)
        let writer = try StatisticsFileWriter(path: folder[name], header: header, images: list)
        try statistics.withChunk(patches: 0..<sample.patches) { try writer.write($0, patches: 0..<sample.patches) }
        try writer.commit()
        return try StatisticsFile(path: folder[name])
    }

    @Test func sumsKnowTheirImages() throws {
        let sample = Sample(images: 9, patches: 3, dimension: 4, seed: 1)
        let a = try file("a", sample, [0, 1, 2, 3])
        let b = try file("b", sample, [4, 5, 6, 7, 8])
        #expect(try a.images() == images([0, 1, 2, 3]))
        try StatisticsMerge.add([a, b], to: folder["sum"])
        let sum = try StatisticsFile(path: folder["sum"])
        #expect(try sum.images() == images(Array(0..<9)))
        try StatisticsMerge.subtract(b, from: sum, to: folder["rest"])
        #expect(try bytes(ofFile: folder["rest"]) == bytes(ofFile: folder["a"]))
        // Sums cannot show it, the list does.
        let error = #expect(throws: GaussianError.self) {
            try StatisticsMerge.subtract(b, from: file("c", sample, [0, 1, 2, 3, 4, 5, 6, 7, 7]), to: folder["no"])
        }
        #expect(error?.description.contains(image(8).description) == true)
        // Where one of the files does not know its images, nobody knows those of the sum.
        try StatisticsMerge.add([a, sample.file(folder["old"], [5])], to: folder["unknown"])
        #expect(try StatisticsFile(path: folder["unknown"]).images() == nil)
    }

    @Test func aDamagedListIsFound() throws {
        let sample = Sample(images: 4, patches: 2, dimension: 3, seed: 1)
        let path = try file("a", sample, [0, 1, 2, 3]).path
        var content = try bytes(ofFile: path)
        let place = try #require(content.range(of: Data(images([0, 1, 2, 3]).digests[1].bytes)))
        content[place.lowerBound] ^= 1
        try content.write(to: URL(fileURLWithPath: path))
        #expect(throws: GaussianError.self) { try StatisticsFile(path: path).images() }
    }
}
