import Foundation

/// Where a status server listens: an address of this machine and a port. Names are not looked up, except `localhost`.
public struct StatusAddress: Equatable, Sendable, CustomStringConvertible {
    /// Without brackets.
    public let host: String
    /// 0 lets the system choose one.
    public let port: UInt16

    /// - Parameter text: as 127.0.0.1:8080, [::1]:8080 or localhost:8080.
    public init?(_ text: String) {
        guard text.utf8.count <= 100, let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let port = UInt16(digits)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        self.init(host: host == "localhost" ? "127.0.0.1" : host, port: port)
    }

    init?(host: String, port: UInt16) {
        (self.host, self.port) = (host, port)
        guard withSocketAddress({ _, _ in true }) == true else { return nil }
    }

    /// Whether only this machine can reach it.
    public var isLoopback: Bool {
        if !isVersion6 { return host.hasPrefix("127.") }
        var address = in6_addr()
        inet_pton(AF_INET6, host, &address)
        return withUnsafeBytes(of: address) { bytes in
            let own = bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1
            let mapped = bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) && bytes[12] == 127
            return own || mapped
        }
    }

    var isVersion6: Bool { host.contains(":") }

    public var description: String { isVersion6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// - Returns: nil where the host is no address.
    func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result? {
        if isVersion6 {
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            guard inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { return nil }
            return withBytes(of: &address, body)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { return nil }
        return withBytes(of: &address, body)
    }

    private func withBytes<Address, Result>(
        of address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
