/// A tensor's name, element type and shape. Its sizes are known to fit an `Int`.
public struct TensorDescription: Hashable, Sendable {
    public let name: String
    public let type: ElementType
    /// Outermost axis first; empty for a single number.
    public let shape: [Int]
    /// The product of the sides.
    public let elementCount: Int
    /// The size of the content.
    public let byteCount: Int

    /// The most axes a tensor may have; PyTorch's bound.
    public static let maximumRank = 64

    /// - Throws: `TensorError` where a side is negative, or the sides' product in bytes overflows.
    public init(name: String, type: ElementType, shape: [Int]) throws {
        guard shape.count <= Self.maximumRank else {
            throw TensorError(
                "tensor \(quoted(name))", "has \(shape.count) axes; at most \(Self.maximumRank) are allowed")
        }
        guard let elements = Self.elementCount(of: shape, type) else {
            throw TensorError("tensor \(quoted(name))", "shape \(shape) of \(type.rawValue) is negative or too large")
        }
        (self.name, self.type, self.shape) = (name, type, shape)
        elementCount = elements
        byteCount = elements * type.byteCount
    }

    /// The product of the sides. Zero sides count as one for the overflow check, so that any product of some of the
    /// sides, such as a caller's stride, is safe too.
    private static func elementCount(of shape: [Int], _ type: ElementType) -> Int? {
        var bytes = type.byteCount
        for side in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: max(side, 1))
            guard side >= 0, !overflow else { return nil }
            bytes = product
        }
        return shape.contains(0) ? 0 : bytes / type.byteCount
    }
}
