import Imaging
import Settings
import TestSupport
import Testing

/// PNGs of every kind of samples, and what their chunks may do.
@Suite struct PNGKindsTests {
    /// Chunks that would change samples if they were obeyed.
    private static let untouching =
        PNGPieces.chunk("gAMA", PNGPieces.number(22_727)) + PNGPieces.chunk("sBIT", [1, 1, 1, 1])
        + PNGPieces.chunk("tRNS", [0, 0, 0, 1, 0, 2]) + PNGPieces.chunk("bKGD", [0, 1])

    /// Small sizes leave passes of an interlaced image without pixels.
    @Test(arguments: SampledPNG.Kind.all)
    func everySampleComesThrough(_ kind: SampledPNG.Kind) throws {
        var chance = SeededGenerator(seed: UInt64(kind.bits))
        let sizes = (1...9).flatMap { width in (1...9).map { (width, $0) } } + [(64, 3), (3, 64), (37, 41)]
        for (width, height) in sizes {
            var picture = SampledPNG(kind, width: width, height: height, &chance)
            picture.before = chance.percent(50) ? Self.untouching : []
            let image = try ImageDecoder.decode(picture.file())
            #expect(image == RGBImage(width: width, height: height, pixels: picture.rgb), "\(width) x \(height)")
        }
    }

    @Test(arguments: SampledPNG.Kind.all.filter { ![4, 6].contains($0.color) })
    func everySampleOfAMaskCounts(_ kind: SampledPNG.Kind) throws {
        var chance = SeededGenerator(seed: 7)
        let folder = try TemporaryFolder()
        for (width, height) in [(1, 1), (5, 3), (9, 9), (64, 3)] {
            var picture = SampledPNG(kind, width: width, height: height, &chance)
            // Of a palette the index counts, though all colours are one.
            if kind.color == 3 { picture.palette = [UInt8](repeating: 9, count: 3 << kind.bits) }
            let file = try folder.write(picture.file(), to: "mask.png")
            let expected = stride(from: 0, to: picture.samples.count, by: kind.samples).map { first in
                picture.samples[first..<first + kind.samples].contains { $0 != 0 }
            }
            let mask = Mask(width: width, height: height, defective: expected)
            #expect(try Mask.decode(.file(file)) == StoredMask(mask, kind.color == 3 ? .palette : nil))
        }
    }

    /// Up to the last chunk, which holds nothing: a byte that is another makes an error, not another picture.
    @Test(arguments: SampledPNG.Kind.all)
    func everyChangedByteIsNoticed(_ kind: SampledPNG.Kind) throws {
        var chance = SeededGenerator(seed: 3)
        var picture = SampledPNG(kind, width: 5, height: 4, &chance)
        picture.before = PNGPieces.chunk("tEXt", Array("Title\0a".utf8)) + PNGPieces.chunk("prIv", [1, 2])
        let file = picture.file()
        for index in 0..<file.count - 12 {
            var changed = file
            changed[index] ^= UInt8(1 << chance.below(8))
            #expect(throws: ImageError.self, "byte \(index)") { try ImageDecoder.decode(changed) }
        }
        // Behind the pixels nothing counts.
        #expect(try ImageDecoder.decode(file.dropLast(12) + [1, 2, 3]).pixels == picture.rgb)
    }

    private static let gray = SampledPNG.Kind(color: 0, bits: 16, isInterlaced: false)

    /// A picture whose samples repeat after more than 256 bytes, so that a small window does not hold what is repeated.
    private func repeating(_ kind: SampledPNG.Kind) -> SampledPNG {
        var chance = SeededGenerator(seed: 5)
        let row = (0..<400 * kind.samples).map { _ in chance.below(1 << kind.bits) }
        return SampledPNG(kind, width: 400, height: 6, samples: Array((0..<6).map { _ in row }.joined()))
    }

    /// What the CRCs call sound is read, though the packed stream is not quite as it should be.
    @Test(arguments: [gray, SampledPNG.Kind(color: 2, bits: 8, isInterlaced: false)])
    func carelessWritersAreForgiven(_ kind: SampledPNG.Kind) throws {
        let picture = repeating(kind)
        let packed = PNGPieces.deflated(picture.lines)
        // A window of 256 bytes, and the header's check made right.
        let smallWindow = [0x08, 0x1D] + packed.dropFirst(2)
        for packed in [smallWindow, packed + [1, 2, 3]] {
            #expect(try ImageDecoder.decode(picture.file(packed: packed)).pixels == picture.rgb)
        }
        let longer = PNGPieces.deflated(picture.lines + [0, 1, 2])
        #expect(try ImageDecoder.decode(picture.file(packed: longer)).pixels == picture.rgb)
    }

    @Test(arguments: [gray, SampledPNG.Kind(color: 2, bits: 8, isInterlaced: false)])
    func aStreamWithoutItsEndIsDamaged(_ kind: SampledPNG.Kind) throws {
        let picture = repeating(kind)
        let packed = PNGPieces.deflated(picture.lines)
        var otherCheck = packed
        otherCheck[packed.count - 1] ^= 1
        for packed in (1...5).map({ packed.dropLast($0) }) + [otherCheck[...]] {
            let file = picture.file(packed: Array(packed))
            #expect { try ImageDecoder.decode(file) } throws: { ($0 as? ImageError)?.kind == .damaged }
        }
    }

    @Test func anIndexWithoutAColourIsBlack() throws {
        var chance = SeededGenerator(seed: 1)
        var picture = SampledPNG(
            SampledPNG.Kind(color: 3, bits: 4, isInterlaced: true), width: 9, height: 9, &chance)
        let colors = picture.palette.count
        picture.palette.removeLast(30)
        let decoded = try ImageDecoder.decode(picture.file()).pixels
        picture.palette += [UInt8](repeating: 0, count: colors - picture.palette.count)
        #expect(decoded == picture.rgb)
    }

    /// Packed chunks that would become large, and large ones: they are passed over, in images, masks and maps.
    @Test(arguments: [
        ("iCCP", Array("x\0\0".utf8)), ("zTXt", Array("x\0\0".utf8)), ("iTXt", Array("x\0\u{1}\0\0\0".utf8)),
    ])
    func bombsArePassedOver(_ name: String, _ start: [UInt8]) throws {
        var chance = SeededGenerator(seed: 2)
        var picture = SampledPNG(Self.gray, width: 4, height: 3, &chance)
        let plain = picture.file()
        let bomb = start + PNGPieces.deflated([UInt8](repeating: 65, count: 8 << 20))
        let scale = PNGPieces.chunk("tEXt", Array("padim-scale\u{0}2^3: distance = sample / 2^3".utf8))
        let large = PNGPieces.chunk("eXIf", [UInt8](repeating: 1, count: 5 << 20))
        picture.before = PNGPieces.chunk(name, bomb) + large + scale
        #expect(try ImageDecoder.decode(picture.file()) == ImageDecoder.decode(plain))
        let folder = try TemporaryFolder()
        #expect(
            try Mask.decode(.file(folder.write(picture.file(), to: "a.png")))
                == Mask.decode(.file(folder.write(plain, to: "b.png"))))
        let map = try picture.file().withUnsafeBytes { try MapFormat.decode($0, name: "map") }
        #expect(map.map.values == picture.samples.map { Float($0) / 8 } && !map.lacksScale)
    }

    /// None is passed over that might be the scale.
    @Test(arguments: [("tEXt", 63), ("tEXt", 64), ("tEXt", 65), ("tEXt", 1000), ("iTXt", 63), ("iTXt", 64)])
    func aMapsTextsAreCounted(_ name: String, _ others: Int) throws {
        var chance = SeededGenerator(seed: 4)
        var picture = SampledPNG(Self.gray, width: 3, height: 2, &chance)
        let between: [UInt8] = name == "iTXt" ? [0, 0, 0, 0, 0] : [0]
        func text(_ keyword: String, _ text: String) -> [UInt8] {
            PNGPieces.chunk(name, Array(keyword.utf8) + between + Array(text.utf8))
        }
        picture.before = (0..<others).flatMap { text("Title", "\($0)") } + text("padim-scale", "2^-2: said")
        let file = picture.file()
        guard others < 64 else {
            #expect {
                try file.withUnsafeBytes { try MapFormat.decode($0, name: "map") }
            } throws: {
                "\($0)".contains("at most 64 of 1048576 bytes")
            }
            return
        }
        let map = try file.withUnsafeBytes { try MapFormat.decode($0, name: "map") }
        #expect(map.map.values == picture.samples.map { Float($0) * 4 })
    }

    /// Memory of that length would be taken before it shows that the file is shorter.
    @Test(arguments: ["tEXt", "zTXt", "iTXt"])
    func aTextsLengthIsLookedAtFirst(_ name: String) throws {
        var picture = SampledPNG(Self.gray, width: 1, height: 1, samples: [5])
        var chunk = PNGPieces.chunk(name, Array("padim-scale\u{0}2^3: short".utf8))
        chunk.replaceSubrange(0..<4, with: PNGPieces.number(0x7445_5874))
        picture.before = chunk
        let file = picture.file()
        #expect {
            try file.withUnsafeBytes { try MapFormat.decode($0, name: "map") }
        } throws: {
            "\($0)".contains("too long")
        }
    }

    private func failure(_ file: [UInt8]) -> ImageError? {
        do {
            _ = try ImageDecoder.decode(file)
            return nil
        } catch {
            return error as? ImageError
        }
    }

    @Test func headersThatCannotBeAreExplained() throws {
        let picture = SampledPNG(Self.gray, width: 2, height: 1, samples: [1, 2])
        for (place, value, words) in [
            (24, 3, "bit depth"), (25, 5, "color type"), (26, 1, "compression method"), (27, 1, "filter method"),
            (28, 2, "interlace method"), (19, 0, "width is zero"), (16, 0x7F, "too large: 2130706434 x 1 pixels"),
        ] as [(Int, UInt8, String)] {
            var file = picture.file()
            file[place] = value
            let text = "\(failure(PNGPieces.withRightChecks(file)).map { "\($0)" } ?? "it was read")"
            #expect(text.contains(words), "\(text)")
        }
    }

    @Test func unknownChunksAreNamedOrPassedOver() throws {
        var picture = SampledPNG(Self.gray, width: 2, height: 1, samples: [1, 700])
        let start = PNGPieces.signature.count
        let file = picture.file()
        func beginning(with chunk: [UInt8]) -> [UInt8] { Array(file[..<start]) + chunk + file[start...] }
        // Apple's variant begins with a chunk of its own.
        let apple = failure(beginning(with: PNGPieces.chunk("CgBI", [0x50, 0, 0x20, 2])))
        #expect(apple?.kind == .unsupported && apple?.reason.contains("CgBI") == true)
        for name in ["gAMA", "prIv", "tEXt"] {
            #expect(failure(beginning(with: PNGPieces.chunk(name, [0, 0, 1, 1])))?.kind == .damaged)
        }
        picture.before = PNGPieces.chunk("PrIv", [1])
        #expect(failure(picture.file())?.kind == .unsupported)
        picture.before = PNGPieces.chunk("prIv", [1]) + PNGPieces.chunk("acTL", [0, 0, 0, 2, 0, 0, 0, 0])
        #expect(try ImageDecoder.decode(picture.file()) == ImageDecoder.decode(file))
    }

    @Test func memoryIsBoundedByTheFile() throws {
        let picture = SampledPNG(Self.gray, width: 13_000, height: 13_000, samples: [])
        #expect(failure(picture.file(packed: [1, 2, 3]))?.reason.contains("cannot hold 13000 x 13000") == true)
    }
}
