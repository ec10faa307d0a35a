import Backbone
import Imaging
import Settings
import Storage

/// Which inputs of the network are made of an image.
enum ImageViews: Equatable, Sendable {
    /// The image as it is inspected: whole, or, where the space has tiles, its tiles.
    case plain
    /// What the image adds to sums: its augmented copies where the space has them, else as `plain`.
    case samples
    /// As `samples`, and where these are augmented copies, the plain image behind them.
    case samplesAndPlain
    /// One copy by an augmentation, in place of the plain image.
    case copy(Augmentation)
}

/// The inputs of the network that one image gives, made one by one: few are in memory at a time.
struct ViewSequence {
    let loaded: Preprocessing.LoadedImage
    let count: Int
    private let preprocessing: Preprocessing
    private let kind: Kind

    private enum Kind {
        case whole
        case tiles([(top: Int, left: Int)], side: Int)
        /// Copies, and the plain image in the places behind them.
        case copies(Augmentation, ContentDigest, count: Int)
    }

    /// - Parameter loaded: with its digest where the views have augmented copies.
    init(_ loaded: Preprocessing.LoadedImage, _ views: ImageViews, _ preprocessing: Preprocessing) {
        (self.loaded, self.preprocessing) = (loaded, preprocessing)
        if let tiling = preprocessing.settings.tiling {
            let columns = tiling.starts(along: loaded.image.width)
            let tiles = tiling.starts(along: loaded.image.height).flatMap { top in columns.map { (top, $0) } }
            (kind, count) = (.tiles(tiles, side: tiling.side), tiles.count)
            return
        }
        let count = views.count(preprocessing.settings) ?? 1
        if let augmentation = views.augmentation(preprocessing.settings), let digest = loaded.digest {
            let copies = if case .copy = views { 1 } else { augmentation.copies }
            (kind, self.count) = (.copies(augmentation, digest, count: copies), count)
        } else {
            (kind, self.count) = (.whole, 1)
        }
    }

    /// - Throws: `ImageError` where the image is smaller than the crop.
    func input(_ index: Int) throws -> InputPixels {
        switch kind {
        case .whole: return try preprocessing.prepare(loaded.image)
        case .tiles(let tiles, let side):
            let (top, left) = tiles[index]
            return try preprocessing.prepare(loaded.image.part(left: left, top: top, width: side, height: side))
        case .copies(let augmentation, let digest, let count):
            guard index < count else { return try preprocessing.prepare(loaded.image) }
            let draw = AugmentationDraw(augmentation, content: digest, copy: index)
            let turned = loaded.image.rotated(degrees: draw.degrees)
            let crop = augmentation.cropsRandomly ? preprocessing.settings.crop : nil
            return try preprocessing.prepare(
                turned,
                croppedAt: crop.map { side in
                    // A smaller image has no crop, which the crop from its middle says.
                    { min($0, $1) >= side ? draw.crop(side, of: ($0, $1)) : nil }
                })
        }
    }
}

extension ImageViews {
    /// By which copies are drawn; nil where there are none.
    func augmentation(_ settings: InputSettings) -> Augmentation? {
        switch self {
        case .plain: nil
        case .samples, .samplesAndPlain: settings.augmentation
        case .copy(let augmentation): augmentation
        }
    }

    /// How many there are of every image; nil where that depends on the image's size.
    func count(_ settings: InputSettings) -> Int? {
        if let tiling = settings.tiling {
            return tiling.imageSize.map { tiling.starts(along: $0.width).count * tiling.starts(along: $0.height).count }
        }
        return switch self {
        case .plain, .copy: 1
        case .samples: settings.augmentation?.copies ?? 1
        case .samplesAndPlain: settings.augmentation.map { $0.copies + 1 } ?? 1
        }
    }
}
