/// Who folded images into sums.
public struct SumsMaker: Hashable, Sendable {
    /// The name of the worker.
    public let worker: String
    /// That its features were computed with, as it says, or as the job forced it.
    public let instructionSet: String

    public init(worker: String, instructionSet: String) {
        (self.worker, self.instructionSet) = (worker, instructionSet)
    }
}
