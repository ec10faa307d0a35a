import Foundation

/// A socket that listens.
struct ListeningSocket: ~Copyable {
    let descriptor: Int32
    /// With the port that the system chose.
    let address: StatusAddress

    /// - Throws: `StatusServerError`.
    init(_ address: StatusAddress) throws {
        let descriptor = socket(
            address.isVersion6 ? AF_INET6 : AF_INET,
            Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        func failure() -> StatusServerError {
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            let remedy =
                switch code {
                case EADDRINUSE:
                    "end the program that listens there, or give another port; 0 lets the system choose one"
                case EADDRNOTAVAIL: "give an address of this machine, or 127.0.0.1"
                case EACCES: "give a port above 1023"
                default: "give another address, or leave the status page out"
                }
            return StatusServerError(
                "\(address)", "cannot be listened on (\(String(cString: strerror(code))))", remedy: remedy, code: code)
        }
        guard descriptor >= 0 else { throw failure() }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard address.withSocketAddress({ bind(descriptor, $0, $1) }) == 0, listen(descriptor, 64) == 0 else {
            throw failure()
        }
        guard let port = Self.port(of: descriptor), let bound = StatusAddress(host: address.host, port: port) else {
            throw failure()
        }
        (self.descriptor, self.address) = (descriptor, bound)
    }

    private static func port(of descriptor: Int32) -> UInt16? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let isKnown = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) == 0 }
        }
        guard isKnown else { return nil }
        // In both families the port stands behind the family.
        return withUnsafeBytes(of: storage) { UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) }
    }
}
