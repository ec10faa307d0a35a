import Cluster
import Gaussian
import ImageAccess
import PaDiM
import Storage

/// How many artifacts of an image were sent to the coordinator, and how many written into the job's directory.
package struct ArtifactCount: Equatable, Sendable {
    package var sent = 0
    package var written = 0
}

/// What is done with an image once it is scored: its map and overlay are made and put where they belong, and its outcome is told.
package struct OutcomeReporter: Sendable {
    private let order: InspectionOrder
    private let encoder: ArtifactEncoder
    private let sink: ArtifactSink

    package init(order: InspectionOrder, space: FeatureSpace, reader: ImageReader = .standard) throws {
        self.order = order
        encoder = try ArtifactEncoder(order: order, space: space, reader: reader)
        sink = try ArtifactSink(order: order)
    }

    /// Waits until the artifacts made so far are where they belong.
    /// - Parameter hasWritten: whether any was written into the job's directory.
    package func sync(hasWritten: Bool) throws { try sink.sync(hasWritten: hasWritten) }

    /// - Parameter lease: under which the image was dealt.
    /// - Returns: the image's outcome, and what became of its artifacts.
    /// - Throws: what is not the image's fault.
    package func outcome(
        of scored: ScoredImage, _ task: ImageTask, under lease: LeaseID, send: SendArtifact
    ) throws -> (ImageOutcome, ArtifactCount) {
        let flagged = order.settings.threshold.map { scored.score >= $0 }
        let made: [(Artifact, [UInt8])]
        do {
            made = try encoder.encode(of: scored, task, flagged: flagged ?? false)
        } catch let failure as OverlayFailure {
            return (ImageOutcome(id: task.id, failure: failure.reason), ArtifactCount())
        }
        // Only now: an image that failed has neither.
        let sent = try made.count { try sink.put($0, $1, of: task, under: lease, send: send) }
        return (
            ImageOutcome(
                id: task.id, score: scored.score, maxRow: scored.maxRow, maxColumn: scored.maxColumn,
                imageRow: scored.imageRow, imageColumn: scored.imageColumn, flagged: flagged,
                digest: order.tellsContents ? scored.digest : nil),
            ArtifactCount(sent: sent, written: made.count - sent)
        )
    }
}
