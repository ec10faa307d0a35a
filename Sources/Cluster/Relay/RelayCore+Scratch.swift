import Storage

/// The disk that sums are kept on. Where it is full, or fails, what was kept is lost: the shards in it are done again elsewhere, and nobody is
/// blamed for them. Until there is room the relay says that it cannot do the stage, and looks again from time to time.
extension RelayCore {
    /// Why no sums can be kept.
    struct Setback: Sendable {
        let reason: String
        /// When the disk is looked at again.
        var nextLook: Instant
    }

    /// The disk is looked at again after so long, twice as long after each further failure, up to 64 times as long.
    public static let scratchLookEvery: Int64 = 10_000

    /// Sums cannot be kept, and what was kept is gone.
    mutating func scratchFailed(_ reason: String) {
        setbacks += 1
        setback = Setback(reason: reason, nextLook: now.advanced(by: scratchLookDelay))
        guard stage?.work.sums != nil, let number = parent.stage?.number else { return }
        // The parent has to hear that what was reported is lost before it hears that no more can be done.
        guard held.isEmpty else { return beginAnew(reason) }
        reset()
        tellParent(.ineligible(stage: number, reason: reason))
    }

    /// There is room for so many files of sums.
    mutating func scratchUsable(files: Int) {
        workers.allowUploads(Self.uploads(files: files, most: limits.uploads))
        guard setback != nil else { return }
        setback = nil
        if parent.stage?.work.sums != nil, parent.ineligibleReason != nil { beginAnew("there is room for sums again") }
    }

    /// The disk is looked at again, where the parent still waits for the stage.
    mutating func lookAtScratch() {
        guard let setback, now >= setback.nextLook, let work = parent.stage?.work, work.sums != nil else { return }
        let next = now.advanced(by: scratchLookDelay)
        self.setback?.nextLook = next
        directives.append(.examineScratch(work))
    }

    private var scratchLookDelay: Int64 { Self.scratchLookEvery << Int64(min(max(setbacks - 1, 0), 6)) }

    /// How many workers may hand over their sums at once, where there is room for so many files in all.
    public static func uploads(files: Int, most: Int) -> Int { max(1, min(most, files / 3)) }
}
