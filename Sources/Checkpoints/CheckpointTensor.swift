import Tensors

/// A tensor of a checkpoint: what it is, not its numbers.
public struct CheckpointTensor: Hashable, Sendable {
    /// Outermost axis first; empty for a single number.
    public let shape: [Int]
    public let type: ElementType

    public init(shape: [Int], type: ElementType) {
        (self.shape, self.type) = (shape, type)
    }
}
