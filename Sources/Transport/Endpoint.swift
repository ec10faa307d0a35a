import Foundation

/// A TCP address as ZeroMQ writes it: `tcp://HOST:PORT`.
///
/// HOST is an IPv4 address, an IPv6 address in brackets, a name, or (to listen on) `*` for every IPv4 interface or
/// the name of one. A client looks names up again at each attempt, as IPv4: a server known by an IPv6 address only is
/// given by that address.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    enum Host: Hashable, Sendable {
        case any
        case ipv4(String)
        case ipv6(String)
        case name(String)
    }

    let host: Host
    public let port: UInt16

    init(host: Host, port: UInt16) { (self.host, self.port) = (host, port) }

    /// - Throws: `TransportError` unless the text is exactly `tcp://HOST:PORT`.
    public init(_ text: String) throws {
        let quoted = "endpoint '\(text.prefix(300).filter { !$0.isNewline })'"
        let remedy = "write tcp://HOST:PORT, for example tcp://192.168.1.5:5570"
        guard text.utf8.count <= 300, text.hasPrefix("tcp://") else {
            throw TransportError(quoted, "does not start with tcp://", remedy: remedy)
        }
        let rest = text.dropFirst("tcp://".count)
        guard let colon = rest.lastIndex(of: ":") else {
            throw TransportError(quoted, "has no port", remedy: remedy)
        }
        let digits = rest[rest.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            throw TransportError(quoted, "has no port between 0 and 65535", remedy: remedy)
        }
        guard let host = Host(String(rest[..<colon])) else {
            throw TransportError(quoted, "has no valid host", remedy: remedy)
        }
        self.init(host: host, port: port)
    }

    public var description: String { "tcp://\(host):\(port)" }

    /// Whether only this machine can reach it. A name other than `localhost` counts as reachable from outside.
    public var isLoopback: Bool {
        switch host {
        case .any: false
        case .ipv4(let address): address.hasPrefix("127.")
        case .ipv6(let address): address == "::1"
        case .name(let name): name.lowercased() == "localhost"
        }
    }

    /// The same endpoint with its name looked up; blocks while the resolver works.
    /// - Throws: `TransportError` for a name that nobody knows.
    public func resolved() throws -> Endpoint {
        guard case .name(let name) = host else { return self }
        if name.lowercased() == "localhost" { return Endpoint(host: .ipv4("127.0.0.1"), port: port) }
        var reason = ""
        for family in [AF_INET, AF_INET6] {
            switch lookUp(name, family) {
            case .success(let host): return Endpoint(host: host, port: port)
            case .failure(let failure): reason = failure.reason
            }
        }
        throw TransportError(
            "host '\(name)'", "cannot be resolved (\(reason))", remedy: "check the name, or give its IP address")
    }

    /// The endpoint as `zmq_bind` takes it: names resolved, names of interfaces left as they are.
    func bindable() throws -> Endpoint {
        if case .name(let name) = host, name.lowercased() != "localhost", if_nametoindex(name) != 0 { return self }
        return try resolved()
    }

    /// - Throws: `TransportError` where nothing can be connected to: `*`, or port 0.
    func checkConnectable() throws {
        if host == .any {
            throw TransportError("\(self)", "is for listening only", remedy: "name the host to connect to")
        }
        if port == 0 {
            throw TransportError("\(self)", "has no port to connect to", remedy: "give the port that was printed there")
        }
    }

    var isIPv6: Bool {
        if case .ipv6 = host { return true }
        return false
    }
}

extension Endpoint.Host: CustomStringConvertible {
    init?(_ text: String) {
        if text == "*" {
            self = .any
        } else if text.hasPrefix("["), text.hasSuffix("]") {
            guard let address = canonicalAddress(String(text.dropFirst().dropLast()), AF_INET6) else { return nil }
            self = .ipv6(address)
        } else if let address = canonicalAddress(text, AF_INET) {
            self = .ipv4(address)
        } else {
            guard isName(text) else { return nil }
            self = .name(text)
        }
    }

    var description: String {
        switch self {
        case .any: "*"
        case .ipv4(let address): address
        case .ipv6(let address): "[\(address)]"
        case .name(let name): name
        }
    }
}

/// Letters, digits, hyphens and underscores in labels of 1 to 63, not numbers only (that would be a mistyped address).
private func isName(_ text: String) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let wellFormed = labels.allSatisfy { label in
        (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
            && label.allSatisfy { byte in
                digits.contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }
    return wellFormed && !labels.suffix(1).joined().allSatisfy { digits.contains($0) }
}

/// The address in the C library's own spelling, or nil if it is not an address of that family.
private func canonicalAddress(_ text: String, _ family: Int32) -> String? {
    var address = in6_addr()
    guard inet_pton(family, text, &address) == 1 else { return nil }
    var spelled = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, &address, &spelled, socklen_t(spelled.count)) != nil else { return nil }
    return String(decoding: spelled.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

private func lookUp(_ name: String, _ family: Int32) -> Result<Endpoint.Host, TransportError> {
    var hints = addrinfo()
    hints.ai_family = family
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(name, nil, &hints, &list)
    defer { if list != nil { freeaddrinfo(list) } }
    var numeric = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard code == 0, let first = list?.pointee,
        getnameinfo(first.ai_addr, first.ai_addrlen, &numeric, socklen_t(numeric.count), nil, 0, NI_NUMERICHOST) == 0
    else {
        return .failure(TransportError(name, String(cString: gai_strerror(code)), remedy: ""))
    }
    let text = String(decoding: numeric.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return .success(family == AF_INET ? .ipv4(text) : .ipv6(text))
}
