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
    /// The same of a tensor of whole numbers of at most 32 bits, exactly.
    func integers(_ tensor: String) throws -> [Int32]
}

extension WeightSource {
    /// Those of a source whose whole numbers are small enough to be floats.
    public func integers(_ tensor: String) throws -> [Int32] {
        try floats(tensor).map { number in
            guard let whole = Int32(exactly: number) else {
                throw BackboneError.unusableIntegers(tensor, "\(number) is not a whole number")
            }
            return whole
        }
    }
}

extension Checkpoint: WeightSource {
    public var origin: String { path }
    public var tensorNames: [String] { names }
    public func shape(of tensor: String) -> [Int]? { tensors[tensor]?.shape }
}
