import Compute
import Foundation
import Gaussian
import Imaging
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

/// Images that give several inputs of the network: what they add to sums is what their tiles and copies would add as files of their own.
@Suite struct ViewTests {
    private let bench: ViewBench

    init() throws { bench = try ViewBench() }

    @Test func tilesAddWhatTheyWouldAddAsImages() throws {
        var files = try bench.photographs(4)
        files.append(
            try bench.write(ImageDecoder.decode(files[0]).part(left: 3, top: 5, width: 48, height: 75), "narrow"))
        let whole = try bench.fitter(bench.tiled)
        #expect(try whole.fold(files).isEmpty)
        let parts = try files.enumerated().flatMap { try bench.tiles($1, "tile\($0)") }
        let alone = try bench.fitter(bench.plain.space)
        #expect(try alone.fold(parts).isEmpty)
        #expect(try whole.statistics.words() == alone.statistics.words())
        #expect(whole.statistics.count == 5 && whole.statistics.samples == 4 * 6 + 2)
        #expect(alone.statistics.samples == 4 * 6 + 2)
    }

    @Test func copiesAddWhatTheyWouldAddAsImages() throws {
        let files = try bench.photographs(4)
        let whole = try bench.fitter(bench.augmented)
        #expect(try whole.fold(files).isEmpty)
        var copies: [ImageLocation] = []
        for (number, file) in files.enumerated() {
            let content = try Data(contentsOf: URL(fileURLWithPath: file.text)).withUnsafeBytes {
                ContentDigest(of: $0)
            }
            for copy in 0..<3 {
                let drawn = Self.draw(content, copy)
                #expect(abs(drawn.degrees) <= 10)
                let turned = try ImageDecoder.decode(file).rotated(degrees: drawn.degrees).resized(shorterSide: 70)
                // 87 x 70: the longer side is rounded down.
                #expect(turned.width == 87 && turned.height == 70)
                let (top, left) = (drawn.place(7), drawn.place(24))
                copies.append(
                    try bench.write(turned.part(left: left, top: top, width: 64, height: 64), "copy\(number)-\(copy)"))
            }
        }
        let alone = try bench.fitter(bench.plain.space)
        #expect(try alone.fold(copies).isEmpty)
        #expect(try whole.statistics.words() == alone.statistics.words())
        #expect(whole.statistics.count == 4 && whole.statistics.samples == 12)
    }

    /// The generator as docs/NUMERICS.md writes it down, made once more.
    private final class Draw {
        private var state: UInt64
        private(set) var degrees = 0.0

        init(state: UInt64) {
            self.state = state
            degrees = (2 * (Double(next() >> 11) / 9_007_199_254_740_992) - 1) * 10
        }

        private func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }

        /// One of so many places.
        func place(_ places: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(places)).high) }
    }

    private static func draw(_ content: ContentDigest, _ copy: UInt8) -> Draw {
        let bytes: [UInt8] = [5, 0, 0, 0, 0, 0, 0, 0] + content.bytes + [copy, 0, 0, 0]
        return Draw(state: Digest(of: bytes).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func draw(_ content: ContentDigest, _ copy: Int) -> Draw { draw(content, UInt8(copy)) }

    @Test func tilesWithGaussiansOfTheirOwnAreModelsSideBySide() throws {
        let files = try bench.photographs(3)
        let space = try bench.positioned
        let whole = try bench.fitter(space)
        #expect(try whole.fold(files).isEmpty)
        #expect(whole.statistics.count == 3 && whole.statistics.samples == 3)
        let (rows, columns) = (2, 3)
        let (height, width) = (bench.plain.space.gridHeight, bench.plain.space.gridWidth)
        #expect(space.gridHeight == rows * height && space.gridWidth == columns * width)
        let parts = try files.enumerated().map { try bench.tiles($1, "tile\($0)") }
        let words = try whole.statistics.words()
        let record = words.count / space.patches
        for tile in 0..<rows * columns {
            let alone = try bench.fitter(bench.plain.space)
            #expect(try alone.fold(parts.map { $0[tile] }).isEmpty)
            let own = try alone.statistics.words()
            for row in 0..<height {
                let from = ((tile / columns * height + row) * columns * width + tile % columns * width) * record
                #expect(
                    Array(words[from..<from + width * record])
                        == Array(own[row * width * record..<(row + 1) * width * record]))
            }
        }
        // Another size fits no place.
        let other = try bench.write(ImageDecoder.decode(files[0]).part(left: 0, top: 0, width: 99, height: 80), "other")
        let failures = try whole.fold([other])
        #expect(failures.count == 1 && failures[0].reason.contains("100 x 80"))
        #expect(whole.statistics.count == 3)
    }

    @Test func anyThreadsBatchesCallsAndOrderGiveTheSameSums() throws {
        let files = try bench.photographs(7)
        for space in try bench.spaces {
            let whole = try bench.fitter(space)
            #expect(try whole.fold(files).isEmpty)
            var random = TestRandom(state: 3)
            for (threads, batch) in [(1, 1), (3, 5), (2, 4)] {
                let fitter = try bench.fitter(space, threads: threads, batch: batch)
                let shuffled = files.shuffled(using: &random)
                #expect(try fitter.fold(Array(shuffled[..<3])).isEmpty)
                #expect(try fitter.fold(Array(shuffled[3...])).isEmpty)
                #expect(try fitter.statistics.content == whole.statistics.content)
                #expect(fitter.statistics.samples == whole.statistics.samples)
            }
        }
    }

    @Test func unusableImagesLeaveNothingInTheSums() throws {
        let files = try bench.photographs(3)
        try Data("no image".utf8).write(to: URL(fileURLWithPath: bench.folder["bad.png"]))
        let small = try bench.write(ImageDecoder.decode(files[0]).part(left: 0, top: 0, width: 47, height: 60), "small")
        for space in try bench.spaces {
            let (mixed, clean) = try (bench.fitter(space), bench.fitter(space))
            let failures = try mixed.fold([files[0], .file(bench.folder["bad.png"]), files[1], small, files[2]])
            // An image of any size can be turned and cropped, if its shorter side is first brought to more than the crop.
            #expect(failures.map(\.index) == (space.input.augmentation == nil ? [1, 3] : [1]))
            _ = try clean.fold(space.input.augmentation == nil ? files : files + [small])
            #expect(try mixed.statistics.content == clean.statistics.content)
        }
    }
}
