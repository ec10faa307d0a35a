import Imaging

extension MapGeometry {
    typealias Size = (width: Int, height: Int)

    /// An image is not the one that its map is of.
    struct Mismatch: Error {
        let words: String
    }

    /// Where a map lies in its image.
    /// - Parameter isOriginal: whether maps have their images' size.
    /// - Throws: ``Mismatch`` where a map of that size is not of an image of that size.
    package func window(of map: (width: Int, height: Int), in image: (width: Int, height: Int), isOriginal: Bool) throws
        -> InputWindow
    {
        if isOriginal {
            guard map == image else { throw Self.mismatch(map, image) }
            return InputWindow(width: image.width, height: image.height)
        }
        if let crop {
            guard map == (crop, crop), resize.map({ (1...1 << 16).contains($0) }) ?? true,
                min(image.width, image.height) > 0, resize ?? min(image.width, image.height) >= crop
            else { throw Self.mismatch(map, image) }
        }
        if isPadded { return InputWindow(padding: image.width, image.height, input: map) }
        return InputWindow(width: image.width, height: image.height, input: map, resize: resize, crop: crop)
    }

    /// The part of an image that the network saw, of the map's size.
    /// - Throws: `ImageError` where the image is too small for that, ``Mismatch`` where the result has not the map's size.
    func picture(of image: RGBImage, _ map: Size) throws -> RGBImage {
        if isPadded {
            let box = Letterbox(width: image.width, height: image.height, frame: map)
            return try image.resized(width: box.width, height: box.height)
                .framed(width: map.width, height: map.height, left: box.left, top: box.top)
        }
        guard let crop else { return try image.resized(width: map.width, height: map.height) }
        let resized = try resize.map { try image.resized(shorterSide: $0) } ?? image
        let picture = try resized.centerCropped(width: crop, height: crop)
        guard (picture.width, picture.height) == map else { throw Self.mismatch(map, (image.width, image.height)) }
        return picture
    }

    private static func mismatch(_ map: Size, _ image: Size) -> Mismatch {
        Mismatch(
            words:
                "an image of \(image.width) x \(image.height) pixels cannot have a map of \(map.width) x \(map.height); was it "
                + "changed since?")
    }
}
