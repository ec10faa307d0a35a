import Gaussian
import ImageLists
import Imaging
import Logging
import Settings

/// A look at some images before a job begins: for the white level of 16-bit samples, and for what a person should be told once and not
/// image by image.
///
/// The coordinator opens few images, and only before a job begins: one on a disk that hangs, or one that kills who reads it, is a worker's
/// matter, who can be replaced.
package struct FirstLook {
    private let list: ImageList
    private let logger: Logger

    private static let mostOpened = 4
    private static let mostStacks = 8
    private static let turnedEndings = [".jpg", ".jpeg", ".jpe", ".jfif", ".tif", ".tiff", ".png", ".webp"]
    private static let deepEndings = [".png", ".tif", ".tiff", ".pgm", ".ppm", ".pnm"]
    /// The bits of cameras that are found in 16-bit files.
    private static let depths = [8, 10, 12]

    package init(list: ImageList, logger: Logger) { (self.list, self.logger) = (list, logger) }

    /// Warns of what makes no sense with the input of a model that is there.
    package func compare(with input: InputSettings) {
        checkWhiteLevel(input.whiteLevel) {
            "That is the model's white level; if it is wrong, fit the model again with --white-level \($0)."
        }
        warnOfOrientation(
            input.orientation,
            remedy:
                "That is the model's rule; if their parts then lie differently, fit the model again with --orientation exif."
        )
    }

    // MARK: Size

    /// The size of the first readable image, in pixels.
    /// - Throws: `JobError` where none of the first images can be read.
    package func imageSize(orientation: OrientationRule) throws -> Tiling.ImageSize {
        for entry in list.entries.prefix(Self.mostOpened) {
            guard let image = try? EncodedImage(reading: entry.location).decode(orientation: orientation) else {
                continue
            }
            return Tiling.ImageSize(width: image.width, height: image.height)
        }
        throw JobError.wrongRequest(
            "none of the first \(Self.mostOpened) images can be read, and --tile-positions own needs the size that all images have"
        )
    }

    /// Warns where the crop cuts more than a third off the first readable image.
    package func warnOfCrop(_ input: InputSettings) {
        guard let crop = input.crop, let size = try? imageSize(orientation: input.orientation) else { return }
        let shorter = min(size.width, size.height)
        let scale = input.resize.map { Double($0) / Double(shorter) } ?? 1
        let kept = Double(crop * crop) / (Double(size.width) * scale * Double(size.height) * scale)
        guard kept < 2.0 / 3 else { return }
        logger.warning(
            """
            the crop of \(crop) pixels cuts \(Int((100 * (1 - kept)).rounded())) per cent off the first image, of \(size.width) x \(size.height): \
            what lies there is not looked at. --fit pad without --crop keeps the whole image and its proportions
            """)
    }

    // MARK: White level

    /// What the first readable image says of its white, or all of 16 bits.
    package func statedWhiteLevel() -> UInt16 {
        for entry in list.entries.prefix(Self.mostOpened) {
            do {
                let depth = try ImageDecoder.sampleDepth(entry.location)
                guard let stated = depth?.statedWhite, stated != ImageDecoder.fullWhite else { break }
                logger.notice("\(entry.path) says that its white is \(stated): the white level of this job")
                return stated
            } catch { continue }
        }
        return ImageDecoder.fullWhite
    }

    /// Warns where the first images make no sense with the white level: nearly black, or cut off.
    /// - Parameter remedy: what to do, given the white level that fits.
    package func checkWhiteLevel(_ level: Int, remedy: (Int) -> String) {
        var found: [(path: String, depth: SampleDepth)] = []
        for entry in images(Self.deepEndings).prefix(Self.mostOpened) {
            guard let depth = try? ImageDecoder.sampleDepth(entry.location) else { continue }
            found.append((entry.path, depth))
        }
        guard let first = found.first, let bits = found.map(\.depth.significantBits).max(), bits > 0 else { return }
        // A quarter of the brightness may be a dark scene, a sixteenth is a mistake.
        let white = min(level, found.map { Int($0.depth.usualWhite) }.max() ?? 0)
        if let depth = Self.depths.first(where: { $0 >= bits }), white > 16 * (1 << depth - 1) {
            logger.warning(
                """
                no 16-bit sample of the first images (\(found.count) were looked at, as \(first.path)) exceeds \(1 << depth - 1), but \
                \(white) is taken for white: they are nearly black. \(remedy(1 << depth - 1))
                """)
        } else if level < Int(ImageDecoder.fullWhite), bits > Int.bitWidth - level.leadingZeroBitCount {
            logger.warning(
                """
                the first images have 16-bit samples far above the white level \(level), as \(first.path): they all become white. \
                \(remedy(Int(ImageDecoder.fullWhite)))
                """)
        }
    }

    // MARK: Orientation

    /// Warns where some of the first images state that they are to be turned, and the rule leaves them as they are stored.
    /// - Parameter remedy: what to do, in a sentence.
    package func warnOfOrientation(_ rule: OrientationRule, remedy: String) {
        guard rule == .ignore else { return }
        let looked = Array(images(Self.turnedEndings).prefix(Self.mostOpened))
        let turned = looked.filter { (try? ImageDecoder.isTurned($0.location)) == true }
        guard let first = turned.first else { return }
        logger.warning(
            """
            \(turned.count) of the first images (\(looked.count) were looked at), as \(first.path), say that they are to be turned or \
            mirrored (EXIF orientation), which is ignored: they are used as they are stored. \(remedy)
            """)
    }

    // MARK: Region of interest

    /// Why a region of interest can be for none of the first images, in words; nil where it fits one of them, or none can be read.
    package static func misfit(
        of region: RegionOfInterest, among list: ImageList, _ orientation: OrientationRule
    ) -> String? {
        var first: String?
        for entry in list.entries.prefix(mostOpened) {
            // The smallest that a decoder can make of it: only its size is asked for.
            guard let found = try? ImageDecoder.decode(entry.location, toBecome: 1, 1, orientation: orientation) else {
                continue
            }
            if (found.width, found.height) == (region.width, region.height) { return nil }
            first = first ?? "\(entry.path) has \(found.width) x \(found.height)"
        }
        return first.map {
            "is of \(region.width) x \(region.height) pixels, and none of the first images is: \($0). Give a mask of the images' size"
        }
    }

    /// - Throws: `JobError` where a model's region of interest can be for none of the first images.
    package static func requireFit(of model: GaussianModel, among list: ImageList) throws {
        guard let region = model.settings.region,
            let misfit = misfit(of: region, among: list, model.space.input.orientation)
        else { return }
        throw JobError.wrongRequest("the region of interest of \(model.path) \(misfit)")
    }

    // MARK: Pages

    package func warnOfPages() {
        let chosen = Array(images([".tif", ".tiff"]))
        // From all parts of the list.
        let step = max(1, (chosen.count + Self.mostStacks - 1) / Self.mostStacks)
        let opened = stride(from: 0, to: chosen.count, by: step).map { chosen[$0] }
        if let pages = opened.first(where: { (try? ImageDecoder.hasMorePages($0.location)) == true }) {
            logger.warning(
                """
                \(pages.path) has several pages, of which the first of full size is read; if the others are images too, save each \
                as a file of its own (this is said once, and may be so of other files)
                """)
        }
    }

    /// Those whose names end so, as far as they are asked for.
    private func images(_ endings: [String]) -> some Sequence<ImageList.Entry> {
        let endings = endings.map { Array($0.utf8) }
        let lastLetters = endings.compactMap(\.last)
        // Lists are long, and this is asked of each of their names.
        return list.entries.indices.lazy.filter { place in
            let path = list.entries[place].path.utf8
            // The bit that tells capitals from small letters is set in a dot and in digits.
            guard let last = path.last, lastLetters.contains(last | 32) else { return false }
            return endings.contains { path.suffix($0.count).lazy.map { $0 | 32 }.elementsEqual($0) }
        }.map { list.entries[$0] }
    }
}
