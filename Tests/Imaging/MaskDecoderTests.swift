import Imaging
import Testing

@Suite struct MaskDecoderTests {
    /// Two rectangles; `Fixtures/masks/make.py` wrote them in every kind of file.
    static let expected = Mask(
        width: 40, height: 30,
        defective: (0..<1200).map { place in
            let (row, column) = (place / 40, place % 40)
            return (8..<20).contains(row) && (5..<17).contains(column)
                || (3..<11).contains(row) && (25..<33).contains(column)
        })

    @Test(
        arguments: [
            ("gray.png", nil), ("gray-1.png", nil), ("gray-236.png", nil), ("one-bit.png", nil), ("rgb.png", nil),
            ("red.png", nil), ("rgba.png", nil), ("rgba-hidden.png", nil), ("gray-alpha.png", nil),
            ("alpha-black.png", .transparency), ("alpha-white.png", .transparency), ("alpha-gray.png", .transparency),
            ("painted.png", .transparency), ("layer.png", nil), ("palette-8.png", nil), ("palette-1.png", nil),
            ("palette-4.png", nil), ("palette-white.png", .palette), ("gray-16.png", nil), ("mask.bmp", nil),
            ("mask.tiff", nil), ("mask.pgm", nil), ("lossless.webp", nil), ("mask.webp", .lossy), ("mask.jpg", .lossy),
            ("mask-dark.jpg", .lossy),
        ] as [(String, MaskRemark?)])
    func aMaskIsTheSameInEveryKindOfFile(_ name: String, _ remark: MaskRemark?) throws {
        let stored = try Mask.decode(.file(Fixture.path("masks/" + name)))
        #expect(stored == StoredMask(Self.expected, remark))
    }

    /// How rows are ordered in the file changes no mask.
    @Test(arguments: [
        "gray1", "gray2", "gray4", "gray8", "gray16", "rgb8", "rgb16", "rgba8", "rgba16", "gray-alpha8", "gray-alpha16",
        "palette4", "palette8-trns", "rgb8-gamma",
    ])
    func interlacingChangesNothing(_ name: String) throws {
        let mask = try Mask.decode(.file(Fixture.path("formats/\(name).png")))
        #expect(try Mask.decode(.file(Fixture.path("formats/\(name)-interlaced.png"))) == mask)
        // Without alpha and palette a pixel is defective if it is not black; 16 bits may be too little to show in 8.
        guard ["gray1", "gray2", "gray4", "gray8", "rgb8", "rgb8-gamma"].contains(name) else { return }
        let image = try Fixture.image("formats/\(name).png")
        #expect(
            mask.mask.defective
                == stride(from: 0, to: image.pixels.count, by: 3).map {
                    image.pixels[$0] > 0 || image.pixels[$0 + 1] > 0 || image.pixels[$0 + 2] > 0
                })
    }
}
