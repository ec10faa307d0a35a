import Compute

/// The steps from images to taps for one backbone, input size and instruction set.
struct Plan: Sendable {
    let steps: [any Step]
    /// The steps before this one run image by image, so that a map is still in the cache when the next step reads it; from
    /// here on the whole group goes through each step, so that its weights are read once.
    let groupedFrom: Int
    let groupSize: Int
    let taps: [FeatureMap]
    let memory: MemoryPlan
    let instructionSet: InstructionSet
    /// It computes in integers, and takes pixels of eight bits alone.
    var isInteger = false
}
