import ImageLists
import Imaging
import PaDiM
import Settings
import Storage

/// A region of interest as it is asked for.
public struct RegionRequest: Sendable {
    /// The mask's file.
    public var mask: String
    /// Whether its marked pixels are those that do not count.
    public var isIgnored: Bool

    public init(mask: String, isIgnored: Bool) { (self.mask, self.isIgnored) = (mask, isIgnored) }

    private var option: String { isIgnored ? "--ignore" : "--roi" }

    /// - Parameters:
    ///   - input: how the network sees images.
    ///   - list: images, the first of which are looked at; nil where the job has begun, and its images are known to fit.
    /// - Throws: `JobError` where the mask cannot be read, the network sees nothing of the region, or it has the size of none of the first images.
    func read(for input: InputSettings, list: ImageList?) throws -> RegionOfInterest {
        do {
            let region = try RegionOfInterest(reading: .file(mask), isIgnored: isIgnored)
            try Preprocessing(input).requireSeen(region)
            if let misfit = list.flatMap({ FirstLook.misfit(of: region, among: $0, input.orientation) }) {
                throw JobError.wrongRequest("\(option) \(mask) \(misfit)")
            }
            return region
        } catch let error as ImageError {
            throw JobError.wrongRequest("\(option) \(error)")
        } catch let error as PaDiMError {
            throw JobError.wrongRequest("\(option) \(mask): \(error)")
        }
    }
}

extension ImageList {
    /// - Throws: `JobError` where images have regions of their own and give several inputs of the network, which do not go together.
    func requireRegionsFit(_ input: InputSettings, isAugmented: Bool = false) throws {
        guard input.tiling != nil || input.augmentation != nil || isAugmented,
            let first = entries.first(where: { $0.region != nil })
        else { return }
        throw JobError.wrongRequest(
            "the list names a region of interest for \(first.path), and regions do not go with tiles or augmented copies: leave out the "
                + "column roi_path, or the tiles and copies")
    }
}

extension RegionOfInterest {
    /// The region of an inspection, where a model has one too: what counts in both.
    /// - Throws: `JobError` where the two do not go together.
    func narrowing(_ model: RegionOfInterest?, of path: String) throws -> RegionOfInterest {
        guard let model else { return self }
        guard (width, height) == (model.width, model.height) else {
            throw JobError.wrongRequest(
                "the given region of interest is of \(width) x \(height) pixels, and that of \(path) of \(model.width) x \(model.height): "
                    + "give one of the model's size")
        }
        guard let both = intersection(model) else {
            throw JobError.wrongRequest(
                "no pixel is both in the given region of interest and in that of \(path), which it narrows: give another, or a model "
                    + "without a region (padim model build)")
        }
        return both
    }
}
