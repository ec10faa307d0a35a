import Imaging
import Settings
import Storage

/// Where an augmented copy of an image shows what the plain input of the network shows, so that its map can be laid over the image.
struct AugmentedView {
    private let settings: InputSettings
    private let plain: InputWindow
    private let turned: InputWindow
    private let rotation: ImageRotation

    /// - Parameters:
    ///   - window: where the plain input lies in the image.
    ///   - width: of the image as it was read.
    ///   - height: likewise.
    init(
        _ augmentation: Augmentation, content: ContentDigest, _ settings: InputSettings, _ window: InputWindow,
        width: Int,
        height: Int
    ) {
        let draw = AugmentationDraw(augmentation, content: content, copy: 0)
        self.settings = settings
        var place: (top: Int, left: Int)?
        if augmentation.cropsRandomly, let crop = settings.crop {
            place = draw.crop(crop, of: (window.horizontal.scaled, window.vertical.scaled))
        }
        (plain, turned) = (window, place.map { window.moved(top: $0.top, left: $0.left) } ?? window)
        rotation = ImageRotation(degrees: draw.degrees, width: width, height: height)
    }

    /// The map of the copy as the map of the plain input: each pixel has the value at the place that shows the same point of the image, blended
    /// linearly of the pixels around; 0 where the copy does not show it.
    func undone(_ map: FloatImage) -> FloatImage {
        var values = [Float](repeating: 0, count: settings.width * settings.height)
        for row in 0..<settings.height {
            let y = plain.vertical.place(ofInput: Double(row) + 0.5)
            for column in 0..<settings.width {
                let point = rotation.target(x: plain.horizontal.place(ofInput: Double(column) + 0.5), y: y)
                let (p, q) = (
                    turned.vertical.input(ofPlace: point.row), turned.horizontal.input(ofPlace: point.column)
                )
                guard p >= 0, p <= Double(map.height), q >= 0, q <= Double(map.width) else { continue }
                values[row * settings.width + column] = map.blended(row: p - 0.5, column: q - 0.5)
            }
        }
        return FloatImage(width: settings.width, height: settings.height, values: values)
    }
}

extension FloatImage {
    /// The value between pixels; at the border that of the next one.
    fileprivate func blended(row: Double, column: Double) -> Float {
        let (y, x) = (min(max(row, 0), Double(height - 1)), min(max(column, 0), Double(width - 1)))
        let (top, left) = (Int(y), Int(x))
        let (bottom, right) = (min(top + 1, height - 1), min(left + 1, width - 1))
        let (dy, dx) = (Float(y - Double(top)), Float(x - Double(left)))
        let upper = values[top * width + left] * (1 - dx) + values[top * width + right] * dx
        let lower = values[bottom * width + left] * (1 - dx) + values[bottom * width + right] * dx
        return upper * (1 - dy) + lower * dy
    }
}
