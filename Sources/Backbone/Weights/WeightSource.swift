/// Where weights come from: an opened checkpoint, or a function in tests.
public protocol WeightSource {
    /// For error messages: a path.
    var origin: String { get }
    var tensorNames: [String] { get }
    /// Nil where there is no such tensor.
    func shape(of tensor: String) -> [Int]?
    /// Row-major.
    func floats(_ tensor: String) throws -> [Float]
}
