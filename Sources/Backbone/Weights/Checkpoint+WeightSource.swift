import Checkpoints

extension Checkpoint: WeightSource {
    public var origin: String { path }
    public var tensorNames: [String] { tensors.keys.sorted() }
    public func shape(of tensor: String) -> [Int]? { tensors[tensor]?.shape }
}
