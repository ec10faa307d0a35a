import Checkpoints

extension Checkpoint: WeightSource {
    public var origin: String { path }
    public var tensorNames: [String] { names }
    public func shape(of tensor: String) -> [Int]? { tensors[tensor]?.shape }
}
