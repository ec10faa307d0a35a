import CZeroMQ
import Logging

/// Says who may connect. ZeroMQ asks it about every new connection of its context's server (ZAP,
/// https://rfc.zeromq.org/spec/27).
///
/// With keys only a client that has proved to hold the secret of an allowed key is let in. Without, anybody is, but
/// has to introduce itself in ZeroMQ's present protocol: its older ones, which ZeroMQ speaks when it is not asked
/// about, take any stranger's bytes for messages.
final class Authenticator {
    private let allowList: AllowList?
    private let logger: Logger
    private let socket: Socket
    private var refusalLog = LogThrottle()

    init(_ allowList: AllowList?, in context: Context, logger: Logger) throws {
        (self.allowList, self.logger) = (allowList, logger)
        socket = try Socket(.reply, in: context)
        guard zmq_bind(socket.handle, "inproc://zeromq.zap.01") == 0 else {
            throw SocketFailure.last("the check of keys")
        }
    }

    /// Begins to answer; questions asked before have waited. The watch has to end before this object does.
    func start(on loop: EventLoop) -> WatchID { loop.watch(socket) { [unowned self] in answer() } }

    /// Request: version, id, domain, address, identity, mechanism, credentials. Reply: version, id, status, words,
    /// user, metadata.
    private func answer() {
        while let request = socket.receiveParts() {
            let user = request.count >= 6 ? self.user(of: request) : nil
            let id = request.count > 1 ? request[1] : []
            let verdict = user == nil ? ["400", "not allowed", ""] : ["200", "OK", user ?? ""]
            let reply = [Array("1.0".utf8), id] + verdict.map { Array($0.utf8) } + [[]]
            if socket.send(reply) != .sent { logger.error("an answer about a new connection was lost") }
        }
    }

    /// The key of the client in hexadecimal, empty where keys are not used; nil to refuse it.
    private func user(of request: [[UInt8]]) -> String? {
        let mechanism = String(decoding: request[5], as: UTF8.self)
        guard let allowList else { return mechanism == "NULL" ? "" : nil }
        guard mechanism == "CURVE", request.count == 7, let key = PublicKey(bytes: request[6]) else { return nil }
        if allowList.name(ofKey: key.hex) != nil { return key.hex }
        let address = String(decoding: request[3].prefix(64), as: UTF8.self)
        refusalLog.write { logger.warning("refused \(address), whose key \(key) is not allowed\($0)") }
        return nil
    }
}
