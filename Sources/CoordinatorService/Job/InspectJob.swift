import Cluster
import Foundation
import Gaussian
import Imaging
import Inspection
import Journal
import Storage

/// Scores the images with a model, and exports the results.
struct InspectJob {
    let inspect: JobPlan.Inspect
    let model: (path: String, digest: Digest)
    let weights: FoundWeights
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator

    func run() async throws {
        let space = try GaussianModel(path: model.path).space
        try journal.set(.mapGeometry, to: MapGeometry(resize: space.resize, crop: space.crop))
        let counts = try journal.counts(.inspect)
        guard let toDo = try journal.toDo(.inspect, cluster) else { return }
        try journal.set(.phase, to: .inspecting)
        if let threshold = inspect.request.threshold { try journal.set(.threshold, to: Double(threshold)) }
        let order = try order()
        let work = Work.inspect(
            model: try await coordinator.serve(model.path, digest: model.digest),
            weights: try await coordinator.serve(weights.path, digest: weights.digest), order: order)
        _ = try await coordinator.run(
            work, label: "inspect", role: .inspect, toDo, total: counts.total,
            before: counts.total - counts.pending,
            instructionSet: cluster.instructionSet)
        sweep(order)
    }

    /// Removes the temporary files of workers that were killed while they wrote a map or an overlay.
    private func sweep(_ order: InspectionOrder) {
        for kind in Picture.allCases {
            guard let probe = order.path(of: kind, output: "x") else { continue }
            let ending = Folder.name(of: probe).utf8.dropFirst()
            DurableFile.removeLeftovers(inside: journal.directory.inside(Folder.parent(of: probe))) {
                $0.suffix(ending.count).elementsEqual(ending)
            }
        }
    }

    private func order() throws -> InspectionOrder {
        let probe = "seen-by-workers"
        let value = "\(UInt64.random(in: 0...UInt64.max))"
        try DurableFile.write(Array(value.utf8), to: journal.directory.inside(probe))
        let request = inspect.request
        return InspectionOrder(
            topPercent: request.imageScore.topPercent, blurBorder: request.blurBorder, maps: request.maps,
            mapExtension: MapEncoding(rawValue: request.maps)?.fileExtension ?? "", mapSize: request.mapSize,
            overlays: request.overlays, threshold: request.threshold, directory: journal.directory.path, probe: probe,
            probeValue: value)
    }
}
