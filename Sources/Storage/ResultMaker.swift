/// Who computed something of images: sums, or scores.
public struct ResultMaker: Hashable, Sendable {
    /// The name of the worker.
    public let worker: String
    /// That it computed with, as it says, or as the job forced it.
    public let instructionSet: String

    public init(worker: String, instructionSet: String) {
        (self.worker, self.instructionSet) = (worker, instructionSet)
    }
}
