/// The content of answers, shared by all connections that are sent it.
public final class HTTPBody: @unchecked Sendable {
    // Written once, in init.
    let bytes: UnsafeMutableRawBufferPointer

    public init(_ content: [UInt8]) {
        bytes = .allocate(byteCount: max(1, content.count), alignment: 1)
        bytes.copyBytes(from: content)
        count = content.count
    }

    public let count: Int

    deinit { bytes.deallocate() }
}
