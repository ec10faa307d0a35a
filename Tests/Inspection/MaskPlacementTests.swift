import Imaging
import Inspection
import TestSupport
import Testing

@Suite struct MaskPlacementTests {
    /// A square in the image's upper left quarter, at any resolution.
    static func mask(_ width: Int, _ height: Int) -> Mask {
        Mask(
            width: width, height: height,
            defective: (0..<width * height).map { 4 * ($0 % width) < width && 4 * ($0 / width) < height })
    }

    private func lay(
        _ mask: Mask, _ geometry: MapGeometry, original: Bool = false, over map: (Int, Int), image: (Int, Int)?
    ) throws -> Mask {
        try MaskPlacement(geometry, isOriginal: original).lay(mask, named: "mask.png", over: map) { image }
    }

    /// The image has by chance the size of the network's input, of which the middle was cut out.
    @Test func aMaskOfTheImagesSizeFollowsTheImage() throws {
        let cropping = MapGeometry(resize: 48, crop: 32)
        let laid = try lay(Self.mask(32, 32), cropping, over: (32, 32), image: (32, 32))
        // The square is 12 of 48 pixels wide, of which the first 8 were cut off.
        #expect(laid == Mask(width: 32, height: 32, defective: (0..<1024).map { $0 % 32 < 4 && $0 / 32 < 4 }))
        // Of another image it is a mask of the map.
        let ofMap = try lay(Self.mask(32, 32), cropping, over: (32, 32), image: (100, 80))
        #expect(ofMap == Self.mask(32, 32))
    }

    /// A mask of half the resolution, or twice, is the same mask: also where pixels were cut out of the image's own.
    @Test(arguments: [MapGeometry(), MapGeometry(resize: 40, crop: 32), MapGeometry(crop: 32)])
    func anotherResolutionIsTheSameMask(geometry: MapGeometry) throws {
        let expected = try lay(Self.mask(96, 64), geometry, over: (32, 32), image: (96, 64))
        for (width, height) in [(48, 32), (192, 128), (24, 16)] {
            #expect(try lay(Self.mask(width, height), geometry, over: (32, 32), image: (96, 64)) == expected)
        }
    }

    /// With maps of the images' size nothing is cut out of a mask.
    @Test(arguments: [MapGeometry(), MapGeometry(resize: 40, crop: 32)])
    func mapsOfTheImagesSizeTakeTheWholeMask(geometry: MapGeometry) throws {
        for (width, height) in [(96, 64), (48, 32), (192, 128)] {
            let laid = try lay(Self.mask(width, height), geometry, original: true, over: (96, 64), image: nil)
            #expect(laid == Self.mask(96, 64))
        }
    }

    @Test func aMaskOfNoKnownSizeIsRefusedWithTheSizes() throws {
        #expect { try lay(Self.mask(30, 20), MapGeometry(), over: (32, 32), image: (64, 64)) } throws: {
            let text = "\($0)"
            return ["mask.png", "30 x 20", "64 x 64", "32 x 32"].allSatisfy(text.contains)
        }
        #expect {
            try lay(Self.mask(32, 32), MapGeometry(), original: true, over: (96, 64), image: nil)
        } throws: { "\($0)".contains("32 x 32") && "\($0)".contains("96 x 64") }
    }
}
