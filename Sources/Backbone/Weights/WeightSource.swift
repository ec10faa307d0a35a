import Checkpoints

/// Where weights come from: an opened checkpoint, or anything else that knows tensors by name.
public protocol WeightSource {
    /// For error messages: a path.
    var origin: String { get }
    var tensorNames: [String] { get }
    /// Nil where there is no such tensor.
    func shape(of tensor: String) -> [Int]?
    /// Row-major.
    func floats(_ tensor: String) throws -> [Float]
}

extension Checkpoint: WeightSource {
    public var origin: String { path }
    public var tensorNames: [String] { names }
    public func shape(of tensor: String) -> [Int]? { tensors[tensor]?.shape }
}
