import Foundation
import Gaussian
import Storage
import Tensors
import Testing

/// The `checks` of both kinds of files, computed anew as docs/NUMERICS.md says it, from what stands in the file.
@Suite struct ChecksTests {
    private static let odd: UInt64 = 0x9e37_79b9_7f4a_7c15

    private func seed(_ file: SafetensorsFile) throws -> UInt64 {
        let parts = try ["format", "version", "header"].map { try #require(file.metadata[$0]) }
        return Digest(of: Array(parts.joined(separator: " ").utf8)).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A patch's bytes in a tensor.
    private func row(_ patch: Int, of tensor: String, _ file: SafetensorsFile) throws -> [UInt8] {
        try file.withBytes(of: tensor) { bytes in
            let size = bytes.count / Written.patches
            return Array(bytes[patch * size..<(patch + 1) * size])
        }
    }

    private func fold(_ bytes: [UInt8], into state: UInt64) -> UInt64 {
        var state = state
        for begin in stride(from: 0, to: bytes.count, by: 8) {
            let word = bytes[begin..<min(begin + 8, bytes.count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            state = (state ^ word) &* 0xff51_afd7_ed55_8ccd
            state ^= state >> 32
        }
        return state
    }

    private func written(_ file: SafetensorsFile) throws -> [UInt64] {
        try file.withElements(of: "checks", as: Int64.self) { $0.map { UInt64(bitPattern: $0) } }
    }

    @Test(arguments: [1, 2]) func ofStatistics(version: Int) throws {
        let file = try SafetensorsFile(path: Written.path("\(version).statistics"))
        let seed = try seed(file)
        let expected = try (0..<Written.patches).map {
            fold(try row($0, of: "moments", file), into: (seed &+ UInt64($0)) ^ Self.odd)
        }
        #expect(try written(file) == expected)
        let bytes = expected.flatMap { check in (0..<8).map { UInt8(truncatingIfNeeded: check >> (8 * UInt64($0))) } }
        #expect(try StatisticsFile(path: Written.path("\(version).statistics")).contentDigest() == Digest(of: bytes))
    }

    /// Of two channels: a row of `mean` is a word, one of `whitening` one and a half.
    @Test(arguments: [1, 2]) func ofModels(version: Int) throws {
        let file = try SafetensorsFile(path: Written.path("\(version).model"))
        let seed = try seed(file)
        let expected = try (0..<Written.patches).map {
            let mean = fold(try row($0, of: "mean", file), into: (seed &+ UInt64($0)) ^ Self.odd)
            return fold(try row($0, of: "whitening", file), into: mean ^ Self.odd)
        }
        #expect(try written(file) == expected)
    }
}
