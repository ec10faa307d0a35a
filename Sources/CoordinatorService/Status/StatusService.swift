import Foundation
import JobPlanning
import LiveStatus
import StatusServer
import Terminal
import Transport

/// The live page of a job, from its command line to its end.
final class StatusService: Sendable {
    private let server: StatusServer

    /// Where people look.
    var address: String { "http://\(server.address)/" }

    /// - Throws: `JobError` where the request is wrong, `StatusServerError` where the address cannot be had.
    init(_ request: StatusRequest, monitor: JobMonitor) throws {
        guard let address = StatusAddress(request.address) else {
            throw JobError.wrongRequest(
                "--status takes an address and a port, as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080, not '\(request.address)'"
            )
        }
        guard address.isLoopback || request.tokenFile != nil else {
            throw JobError.wrongRequest(
                "--status \(address): other machines can reach it: give --status-token-file FILE with a token of at least "
                    + "\(StatusAccess.shortestToken) characters, or 127.0.0.1:\(address.port) and a tunnel (ssh -L)")
        }
        let token = try request.tokenFile.map { try Self.token($0) }
        let site = StatusSite(
            access: StatusAccess(token: token), monitor: monitor, thumbnails: Thumbnails(monitor: monitor))
        server = try StatusServer(address) { site.answer($0) }
    }

    func stop() { server.stop() }

    /// The token in a file, which nobody but its owner may read.
    private static func token(_ path: String) throws -> String {
        let bytes = try SecretFile.read(path, limit: StatusAccess.longestToken, of: "a token")
        let token = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard token.utf8.count >= StatusAccess.shortestToken, token.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
        else {
            throw JobError.wrongRequest(
                "\(path): a token is \(StatusAccess.shortestToken) to \(StatusAccess.longestToken) letters, digits and signs without spaces; "
                    + "make one: openssl rand -hex 24")
        }
        return token
    }
}
