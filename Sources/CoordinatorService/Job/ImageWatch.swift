import ImageLists
import JobPlanning
import Journal
import Logging
import Storage

/// Adds images to an inspection whose list grows, and tells what becomes of them.
final class ImageWatch {
    let pause = WatchPause()
    private let growth: GrowingList
    /// Between two looks; nil: the list is looked at once.
    private let interval: Duration?
    private let journal: Journal
    private let logger: Logger
    private let announce: @Sendable (String) -> Void
    private var hasToldOfWaiting = false
    /// The first of the images that were added last, until it is told what became of them.
    private var firstAdded: ImageID?

    init(
        _ growth: GrowingList, every interval: Duration?, journal: Journal, logger: Logger,
        announce: @escaping @Sendable (String) -> Void
    ) {
        (self.growth, self.interval, self.journal) = (growth, interval, journal)
        (self.logger, self.announce) = (logger, announce)
    }

    /// Adds what the list has when the job starts.
    func begin(with list: ImageList) throws -> GrowingList.Growth { try tell(growth.begin(with: list, in: journal)) }

    /// Waits until the list has more, and adds it. Workers stay connected meanwhile.
    /// - Returns: nil where somebody asked to stop.
    func next(_ coordinator: Coordinator) async throws -> GrowingList.Growth? {
        guard let interval else { return nil }
        if !hasToldOfWaiting {
            logger.notice("looking for new images every \(interval.components.seconds) s; Ctrl-C ends the job")
        }
        hasToldOfWaiting = true
        while await pause.wait(interval, isOver: { await coordinator.pendingError != nil }) {
            if let error = await coordinator.pendingError { throw error }
            if let found = try growth.look(in: journal), found.added > 0 { return try tell(found) }
        }
        return nil
    }

    /// Tells what became of the images that were added last.
    func tellOutcome() throws {
        if let firstAdded { announce(try GrownImages.outcome(from: firstAdded, in: journal)) }
        firstAdded = nil
    }

    private func tell(_ growth: GrowingList.Growth) throws -> GrowingList.Growth {
        firstAdded = growth.first
        announce(GrownImages.words(growth, pending: try journal.counts(JobPlan.Inspect.role).pending))
        return growth
    }
}
