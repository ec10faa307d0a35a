import ImageAccess
import Imaging
import Settings
import Storage

/// The regions of interest of images: the model's, narrowed by an image's own where its list names one.
struct ImageRegions: Sendable {
    /// The model's; nil: all pixels count.
    let model: PlacedRegion?
    private let preprocessing: Preprocessing
    private let grid: (height: Int, width: Int)
    private let maps: MapMaker
    private let reader: ImageReader

    /// - Throws: `PaDiMError` where the network sees nothing of the model's region.
    init(_ region: RegionOfInterest?, of embedder: Embedder, _ maps: MapMaker) throws {
        (preprocessing, self.maps, reader) = (embedder.preprocessing, maps, embedder.reader)
        grid = (embedder.space.gridHeight, embedder.space.gridWidth)
        model = try region.map { [preprocessing, grid] in try PlacedRegion($0, preprocessing, grid: grid, maps) }
    }

    /// What an image of that size cannot be scored for, as it is reported.
    struct Misfit: Error {
        let reason: String
    }

    /// - Parameter own: the mask of the image's own region, which is read anew for each image.
    /// - Returns: nil where all pixels count.
    /// - Throws: ``Misfit`` where the mask cannot be read, has another size, or leaves nothing.
    func region(own: ImageLocation?, width: Int, height: Int) throws(Misfit) -> PlacedRegion? {
        if let misfit = model?.misfit(width: width, height: height) { throw Misfit(reason: misfit) }
        guard let own else { return model }
        let placed: PlacedRegion
        do {
            var region = try RegionOfInterest(reading: own, by: reader)
            if let model {
                guard let both = region.intersection(model.region) else {
                    throw Misfit(
                        reason:
                            "no pixel is both in its region of interest \(own) and in the model's, or they have different sizes"
                    )
                }
                region = both
            }
            placed = try PlacedRegion(region, preprocessing, grid: grid, maps)
        } catch let misfit as Misfit {
            throw misfit
        } catch {
            throw Misfit(reason: "its region of interest cannot be used: \(error)")
        }
        if let misfit = placed.misfit(width: width, height: height) { throw Misfit(reason: "\(misfit) (\(own))") }
        return placed
    }
}
