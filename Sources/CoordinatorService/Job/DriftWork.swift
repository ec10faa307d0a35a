import Backbone
import Cluster
import Compute
import Foundation
import Gaussian
import Inspection
import JobPlanning
import JobRules
import Journal
import Logging
import PaDiM
import Storage

/// Compares images that the inspection did not flag with those that the model was fitted on: workers fold a sample of them, and their mean
/// is held against the model.
struct DriftWork: StageWork {
    private static let role = ImageRole.drift

    /// The largest sample.
    let most: Int
    let model: GaussianModel
    let weights: FoundWeights
    let cluster: ClusterOptions
    let journal: Journal
    let coordinator: Coordinator
    let logger: Logger

    /// Draws the sample, once: it stays what it is when the job is stopped, or flagged by another threshold.
    func prepare() throws -> JobEvent {
        guard try journal.counts(Self.role).total == 0 else { return .prepared(StageFacts()) }
        let images = try sample()
        guard !images.isEmpty else { return .prepared(StageFacts()) }
        try journal.register(images, role: Self.role, shardSize: cluster.shardSize(of: images.count))
        return .prepared(StageFacts(hasTakenUpImages: true))
    }

    /// The images without a flag whose names have the lowest digests, so that neither order nor workers change the sample. Names and not
    /// contents, because an inspection does not know the digests of contents.
    private func sample() throws -> [ImageRecord] {
        var drawn: [(digest: String, image: ImageRow)] = []
        func keepLowest() {
            drawn.sort { ($0.digest, $0.image.id) < ($1.digest, $1.image.id) }
            drawn.removeLast(max(0, drawn.count - most))
        }
        try journal.forEachImage(JobPlan.Inspect.role) { row in
            guard row.status == .ok, row.flagged == false else { return }
            drawn.append((Digest(of: Array(row.record.path.utf8)).hex, row))
            if drawn.count >= 2 * most { keepLowest() }
        }
        keepLowest()
        return drawn.map(\.image).sorted { $0.id < $1.id }.map {
            ImageRecord(path: $0.record.path, location: $0.record.location, output: $0.record.output)
        }
    }

    func run(_ stage: JobStage, _ toDo: ShardsToDo) async throws {
        let blob = try await coordinator.serve(weights.path, digest: weights.digest)
        let counts = try journal.counts(stage.role)
        let folder = try SharedFolder.open(journal.directory)
        defer { SharedFolder.close(journal.directory) }
        try await coordinator.run(
            .accumulate(space: model.space, weights: blob, folder: folder), stage, toDo, total: counts.total,
            before: counts.total - counts.pending, instructionSet: cluster.instructionSet,
            epsilon: model.settings.epsilon)
    }

    func makeFindings() throws {
        let directory = journal.directory
        try journal.removeStrayPartials()
        let files = try journal.partials(Self.role).map { try directory.openSums($0.record) }
        // The next start sweeps it where this one is killed.
        let sum = directory.partial("drift.safetensors")
        defer { unlink(sum) }
        if !files.isEmpty {
            try StatisticsMerge.add(
                files, to: sum, images: .known(journal.contents(Self.role).map(ImageMultiset.init)), syncing: false,
                crew: ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount))
        }
        let finding = try DriftFinding.write(
            comparing: files.isEmpty ? nil : StatisticsFile(path: sum), of: Int64(journal.counts(Self.role).total),
            with: model, into: directory)
        try journal.set(.drift, to: finding)
        for line in finding.lines {
            if finding.isDrift { logger.warning("\(line)") } else { logger.notice("\(line)") }
        }
    }
}
