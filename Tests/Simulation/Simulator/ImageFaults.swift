import Storage

/// Where images are, and when they go away.
struct ImageFaults {
    /// Whether the coordinator sends images to workers that do not see them.
    let areServed: Bool
    /// Of each worker whether it sees the images itself, where they are served.
    let seenBy: [Bool]
    /// The longest that the coordinator takes to read one, in milliseconds.
    let slowness: Int64
    /// One image in so many is sent in several pieces.
    let largeOneIn: Int
    /// Objects that are removed, or an archive: from a moment on no one can read these images.
    private let vanishing: (job: Int, images: ClosedRange<ImageID>, at: Int64)?

    /// - Parameters:
    ///   - dice: of its own, so that what the other faults are does not depend on these.
    ///   - theme: seeds that are about something else have none of these.
    ///   - end: when faults stop.
    init(_ dice: Dice, _ theme: Theme?, workers: Int, jobs: [JobSpec], end: Int64) {
        areServed = dice.percent(25) && theme == nil
        seenBy = (0..<workers).map { _ in dice.percent(30) }
        slowness = dice.pick([1, 20, 500])
        largeOneIn = dice.draw(2...30)
        let job = dice.pick(jobs)
        let first = dice.draw(1...ImageID(0).advanced(by: job.images))
        let last = min(first.advanced(by: dice.draw(0...12)), ImageID(0).advanced(by: job.images))
        let moment = dice.draw(Int64(0)...end)
        // A model cannot be tried on images that are gone, nor can they be taken out of it: such jobs end otherwise.
        let isPossible = theme == nil && !job.isCalibrated && job.wrong.isEmpty
        vanishing = isPossible && dice.percent(25) ? (job.number, first...last, moment) : nil
    }

    /// The images of a job that go away at some time.
    func vanishing(of job: Int) -> Set<ImageID> { vanishing.map { $0.job == job ? Set($0.images) : [] } ?? [] }

    func isGone(_ image: ImageID, ofJob job: Int, at moment: Int64) -> Bool {
        vanishing.map { $0.job == job && $0.images.contains(image) && moment >= $0.at } ?? false
    }
}
