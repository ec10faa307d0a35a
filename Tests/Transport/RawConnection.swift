import Foundation
import Transport

/// A TCP connection without ZeroMQ, as a stranger would make it.
final class RawConnection {
    private let descriptor: Int32

    init(to endpoint: Endpoint) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = endpoint.port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
        }
        guard code == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close(descriptor) }

    /// Has the connection end at once, as that of a process that was killed with messages unread.
    func breakOff() {
        var atOnce = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
        var nobody = sockaddr()
        connect(descriptor, &nobody, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Sends all that the other side takes; it may hang up in the midst.
    /// - Returns: whether it took all.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// Up to `count` bytes; fewer if the other side hangs up.
    func receive(_ count: Int) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while all.count < count {
            let got = recv(descriptor, &buffer, min(buffer.count, count - all.count), 0)
            guard got > 0 else { break }
            all += buffer.prefix(got)
        }
        return all
    }
}

/// ZeroMQ's protocol by hand (ZMTP 3.0, https://rfc.zeromq.org/spec/23), to say what its library would not.
extension RawConnection {
    enum Kind: UInt8 {
        case last = 0
        case more = 1
        case command = 4
    }

    /// Introduces itself as a client without keys, and waits until it is let in.
    func introduce() {
        let mechanism = Array("NULL".utf8) + [UInt8](repeating: 0, count: 16)
        send([0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 0] + mechanism + [UInt8](repeating: 0, count: 32))
        let kind = Array("Socket-Type".utf8)
        let dealer = Array("DEALER".utf8)
        let ready = [5] + Array("READY".utf8) + [UInt8(kind.count)] + kind + [0, 0, 0, UInt8(dealer.count)] + dealer
        send(Self.frame(ready, .command))
        _ = receive(64)
        if let length = receive(2).last { _ = receive(Int(length)) }
    }

    static func frame(_ body: [UInt8], _ kind: Kind) -> [UInt8] {
        if body.count < 256 { return [kind.rawValue, UInt8(body.count)] + body }
        let length = withUnsafeBytes(of: UInt64(body.count).bigEndian) { Array($0) }
        return [kind.rawValue | 2] + length + body
    }

    static func message(_ frames: [UInt8]...) -> [UInt8] {
        frames.enumerated().flatMap { frame($1, $0 + 1 < frames.count ? .more : .last) }
    }

    /// ZeroMQ's own heartbeat, which asks for an answer at once.
    static let ping = frame([4] + Array("PING".utf8) + [0, 0], .command)
}
