import Foundation

/// Asks what listens at an endpoint, by the greeting with which ZeroMQ begins each connection (ZMTP 3.0, https://rfc.zeromq.org/spec/23):
/// 64 bytes, which say the version and whether keys are asked for. Nothing else is said: the coordinator logs a connection that was not completed, and sees no
/// worker.
public enum GreetingProbe {
    /// What answered.
    public struct Answer: Equatable, Sendable {
        /// How the server lets clients in: `NULL` lets everybody in, `CURVE` asks for keys.
        public let mechanism: String
        /// From the first packet to the greeting.
        public let milliseconds: Double
    }

    private static let length = 64
    private static let mechanismPlace = 12..<32

    /// - Parameter seconds: how long to wait.
    /// - Throws: `TransportError` where nothing answers, or something that does not speak ZeroMQ.
    public static func ask(_ endpoint: Endpoint, seconds: Int = 5) throws -> Answer {
        let began = ContinuousClock.now
        let resolved = try endpoint.resolved()
        let descriptor = try connect(to: resolved, seconds)
        defer { close(descriptor) }
        let greeting = ownGreeting
        guard send(descriptor, greeting, greeting.count, Int32(MSG_NOSIGNAL)) == greeting.count else {
            throw failure(endpoint, "ended the connection at once")
        }
        var answer = [UInt8](repeating: 0, count: length)
        var count = 0
        while count < length {
            let read = answer.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress.map { $0 + count }, length - count, 0)
            }
            if read < 0 && errno == EINTR { continue }
            guard read > 0 else {
                throw failure(endpoint, count == 0 ? "took the connection and says nothing" : "ended the connection")
            }
            count += read
            if count >= 1, answer[0] != 0xFF { throw failure(endpoint, "does not speak ZeroMQ") }
        }
        let mechanism = String(decoding: answer[mechanismPlace].prefix { $0 != 0 }, as: UTF8.self)
        let elapsed = Double((ContinuousClock.now - began) / .microseconds(1)) / 1_000
        return Answer(mechanism: String(mechanism.filter { $0.isASCII && $0.isLetter }), milliseconds: elapsed)
    }

    /// Signature and version. The mechanism is left out: a server ends the connection at once when it is told of another than its own.
    private static let ownGreeting: [UInt8] = [0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0x7F, 3, 0]

    private static func connect(to endpoint: Endpoint, _ seconds: Int) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let host = "\(endpoint.host)".filter { $0 != "[" && $0 != "]" }
        guard getaddrinfo(host, "\(endpoint.port)", &hints, &found) == 0, let address = found else {
            throw failure(endpoint, "has no address")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.pointee.ai_family, address.pointee.ai_socktype, address.pointee.ai_protocol)
        guard descriptor >= 0 else { throw failure(endpoint, "cannot be asked: \(String(cString: strerror(errno)))") }
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        guard Foundation.connect(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0 else {
            let reason = errno == EINPROGRESS ? "does not answer within \(seconds) s" : String(cString: strerror(errno))
            close(descriptor)
            throw failure(endpoint, reason)
        }
        return descriptor
    }

    private static func failure(_ endpoint: Endpoint, _ reason: String) -> TransportError {
        TransportError(
            "coordinator at \(endpoint)", reason,
            remedy: "see that it runs, that its --bind has this address, and that no firewall is between")
    }
}
