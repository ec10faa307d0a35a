import Foundation

/// Inputs of the network that are wanted once more: what calibrates is folded next, and reading it costs more than the network
/// where photographs are large.
final class PreparedInputs: @unchecked Sendable {
    typealias Input = (input: [UInt8], width: Int, height: Int)

    /// More than this is not kept.
    private static let mostBytes = 64 << 20

    private let lock = NSLock()
    private var inputs: [String: Input] = [:]
    private var bytes = 0

    func keep(_ prepared: Input, of file: String) {
        lock.withLock {
            guard inputs[file] == nil, bytes + prepared.input.count <= Self.mostBytes else { return }
            inputs[file] = prepared
            bytes += prepared.input.count
        }
    }

    /// The file's input, which is then kept no longer.
    func take(_ file: String) -> Input? {
        lock.withLock {
            guard let prepared = inputs.removeValue(forKey: file) else { return nil }
            bytes -= prepared.input.count
            return prepared
        }
    }
}
