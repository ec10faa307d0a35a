/// The pixels of an image at the network's input size: RGB, row by row, 3 * height * width numbers of 0 to 255.
public enum InputPixels: Equatable, Sendable {
    case bytes([UInt8])
    /// As a resize without rounding gives them.
    case floats([Float])

    /// How many numbers there are.
    public var count: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .floats(let floats): floats.count
        }
    }

    var isFloats: Bool {
        if case .floats = self { true } else { false }
    }

    func withPointer<Result>(_ body: (InputPointer?) throws -> Result) rethrows -> Result {
        switch self {
        case .bytes(let bytes): try bytes.withUnsafeBufferPointer { try body($0.baseAddress.map { .bytes($0) }) }
        case .floats(let floats): try floats.withUnsafeBufferPointer { try body($0.baseAddress.map { .floats($0) }) }
        }
    }
}

/// Where an image's pixels are while a plan runs.
enum InputPointer {
    case bytes(UnsafePointer<UInt8>)
    case floats(UnsafePointer<Float>)
}
