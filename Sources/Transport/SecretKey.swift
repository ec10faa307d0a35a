import Foundation

/// The secret half of a CURVE key pair. Kept out of swap where the system allows, wiped at its end, and shown by
/// nothing: not by `print`, `dump`, string interpolation or an error.
public final class SecretKey: @unchecked Sendable {
    static let byteCount = 32
    /// Never written after `init`.
    private let memory: UnsafeMutableRawBufferPointer

    /// Takes the key over: the source is wiped.
    init(wiping source: UnsafeMutableRawBufferPointer) {
        memory = .allocate(byteCount: Self.byteCount, alignment: 16)
        mlock(memory.baseAddress, memory.count)
        memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(Self.byteCount)))
        Self.wipe(source)
    }

    deinit {
        Self.wipe(memory)
        munlock(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }

    static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
    }
}

extension SecretKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "(a secret key, not shown)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
