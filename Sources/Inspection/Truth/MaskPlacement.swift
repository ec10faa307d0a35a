import Imaging
import Journal

/// Lays masks over maps.
package struct MaskPlacement: Sendable {
    package typealias Size = (width: Int, height: Int)

    let geometry: MapGeometry
    /// Whether maps have their images' size, and not the network's input's.
    private let isOriginal: Bool

    package init(_ geometry: MapGeometry, isOriginal: Bool) {
        (self.geometry, self.isOriginal) = (geometry, isOriginal)
    }

    init(of journal: Journal) throws {
        self.init(try MapGeometry(of: journal), isOriginal: journal.job.settings["map-size"] == "original")
    }

    /// A mask as it lies over its image's map. A mask has its image's size, or that in another resolution, or its map's size. Where
    /// image and map have the same, it is the image's.
    /// - Parameters:
    ///   - name: the mask's, for errors.
    ///   - image: looks up the size of the mask's image; nil where the image is not there any more.
    /// - Throws: ``InspectionError`` for a mask of another size.
    package func lay(_ mask: Mask, named name: String, over map: Size, image: () -> Size?) throws -> Mask {
        let isOfMap = (mask.width, mask.height) == map
        if isOfMap && (isOriginal || geometry.isWhole) { return mask }
        guard let size = isOriginal ? map : image() else {
            return try isOfMap ? mask : resized(geometry.input(of: mask, over: map), to: map)
        }
        if !isOriginal && isOfMap && (mask.width, mask.height) != size { return mask }
        guard Self.isScaled(mask, from: size) else {
            let sizes = isOriginal ? "" : ", and its map \(map.width) x \(map.height)"
            throw InspectionError(
                "\(name): the mask has \(mask.width) x \(mask.height) pixels, where its image has \(size.width) x "
                    + "\(size.height)\(sizes); give a mask of the image's size")
        }
        let whole = resized(mask, to: size)
        return isOriginal ? whole : try resized(geometry.input(of: whole, over: map), to: map)
    }

    /// Whether the sides have the image's proportions, as far as whole numbers of pixels can.
    private static func isScaled(_ mask: Mask, from image: Size) -> Bool {
        2 * abs(mask.width * image.height - mask.height * image.width) <= image.width + image.height
    }

    private func resized(_ mask: Mask, to size: Size) -> Mask { mask.resized(width: size.width, height: size.height) }
}
