import Foundation
import Storage

/// Reads and writes objects of S3 and web servers. Any thread may use it; a thread of its own has the connections.
public final class ObjectClient: Sendable {
    package let settings: ObjectStoreSettings
    private let loop: TransferLoop

    private static let shared = Result { try ObjectClient(.current()) }

    /// The client of this process, set by its environment. It is made when it is first asked for.
    /// - Throws: `ObjectSettingsError` where the environment or a profile says what cannot be used.
    public static func standard() throws -> ObjectClient { try shared.get() }

    /// - Parameter notice: told when a server has been waited for by several seconds, every few seconds again.
    /// - Throws: `ObjectSettingsError` where libcurl cannot be set up.
    public init(
        _ settings: ObjectStoreSettings,
        notice: @escaping @Sendable (String) -> Void = { FileHandle.standardError.write(Data("\($0)\n".utf8)) }
    ) throws {
        self.settings = settings
        loop = try TransferLoop(settings, notice: notice)
    }

    deinit { loop.stop() }

    /// Begins a request, and does not wait for it.
    func begin(_ request: ObjectRequest) -> PendingReply { loop.submit(request) }

    /// Makes a request and waits for it.
    @discardableResult
    package func perform(_ request: ObjectRequest) throws -> Reply { try begin(request).wait() }

    /// Begins to read an object. Any number of reads may be under way; beyond the number of connections they wait their turn.
    ///
    /// - Parameters:
    ///   - range: of its bytes; nil: the whole.
    ///   - tag: what it has to be, as it was listed.
    ///   - limit: the most bytes that are read.
    public func begin(
        reading address: ObjectAddress, range: Range<Int64>? = nil, tag: EntityTag? = nil, limit: Int
    ) -> PendingRead {
        var request = ObjectRequest(.get, address, limit: limit)
        (request.range, request.tag) = (range, tag)
        guard let range else { return PendingRead(begin(request)) }
        // A range is for the caller to keep small: its numbers may be out of an archive's index.
        guard range.lowerBound >= 0, !range.isEmpty, range.upperBound - range.lowerBound <= limit else {
            let reply = PendingReply()
            reply.settle(
                .failure(
                    ObjectStoreError(
                        address.text, .size, "bytes \(range) cannot be read, where at most \(limit) are read at once")))
            return PendingRead(reply)
        }
        return PendingRead(begin(request))
    }

    /// Reads an object, whole or a range of it.
    /// - Throws: `ObjectStoreError` where it cannot be had.
    public func read(
        _ address: ObjectAddress, range: Range<Int64>? = nil, tag: EntityTag? = nil, limit: Int
    ) throws -> ObjectContent {
        try begin(reading: address, range: range, tag: tag, limit: limit).wait()
    }

    /// Whether there is an object at an address.
    /// - Throws: `ObjectStoreError` where the server does not tell.
    public func isThere(_ address: ObjectAddress) throws -> Bool {
        do {
            _ = try facts(of: address)
            return true
        } catch let error as ObjectStoreError where error.kind == .absent {
            return false
        }
    }

    /// What the server says of an object.
    /// - Throws: `ObjectStoreError` where there is none, or it may not be read.
    public func facts(of address: ObjectAddress) throws -> ObjectFacts {
        let reply = try perform(ObjectRequest(.head, address))
        return ObjectFacts(
            size: reply.length, tag: reply.tag,
            lastModified: reply.lastModified.map { Date(timeIntervalSince1970: TimeInterval($0)) })
    }
}

/// A read that is under way.
public final class PendingRead: Sendable {
    private let reply: PendingReply

    init(_ reply: PendingReply) { self.reply = reply }

    /// Whether `wait` will not wait.
    public var isSettled: Bool { reply.isSettled }

    /// - Throws: `ObjectStoreError` where it cannot be had.
    public func wait() throws -> ObjectContent {
        let reply = try reply.wait()
        return ObjectContent(
            bytes: reply.bytes, tag: reply.tag,
            size: reply.status == 206 ? reply.range?.total : reply.length ?? Int64(reply.bytes.count))
    }
}
