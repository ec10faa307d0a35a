import Cluster
import Imaging
import Logging

/// A word, once and in time, where the maps' format cannot hold the distances that come.
struct MapCeiling {
    private var isTold = false

    mutating func look(at outcomes: [ImageOutcome], _ order: InspectionOrder?, _ logger: Logger) {
        guard !isTold, let format = order?.maps, let limit = MapEncoding(rawValue: format)?.limit,
            let highest = outcomes.lazy.compactMap(\.score).max(), highest > limit
        else { return }
        isTold = true
        logger.warning(
            """
            distances reach \(highest), and \(format) maps hold no more than \(limit); scores are not cut off. For maps \
            beyond it begin the job anew, in another directory, with --maps tiff or npy
            """)
    }
}
