/// A value of a file that PyTorch reads.
package indirect enum TorchValue {
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([TorchValue])
    /// In this order.
    case dictionary([(key: String, value: TorchValue)])
    case tensor(TorchTensorContent)
}

/// A tensor to be written, row by row.
package struct TorchTensorContent {
    package enum Element: String {
        case float = "FloatStorage"
        case long = "LongStorage"
        case bool = "BoolStorage"

        var byteCount: Int {
            switch self {
            case .float: 4
            case .long: 8
            case .bool: 1
            }
        }
    }

    let element: Element
    let shape: [Int]
    /// Hands out the numbers, little-endian, in the order of the shape.
    let content: (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

    package init(
        element: Element, shape: [Int],
        content: @escaping (_ take: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) {
        (self.element, self.shape, self.content) = (element, shape, content)
    }

    var count: Int { shape.reduce(1, *) }
    var byteCount: Int { count * element.byteCount }
}
