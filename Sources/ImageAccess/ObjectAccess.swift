import ObjectStores
import Storage

/// Reads objects, ahead where it is told what comes, and keeps how long threads waited for them.
final class ObjectAccess: Sendable {
    private let makeClient: @Sendable () throws -> ObjectClient
    private let made = Locked<ObjectClient?>(nil)
    private let ahead = ObjectsAhead()
    private let blocks = ObjectBlocks()
    private let waitingTime = Locked(Duration.zero)

    /// - Parameter client: called when objects are read, and not before: most jobs have none.
    init(client: @escaping @Sendable () throws -> ObjectClient) { makeClient = client }

    func client() throws -> ObjectClient {
        try made.withLock { made in
            if let made { return made }
            let new = try makeClient()
            made = new
            return new
        }
    }

    /// How long threads waited for servers, summed over them.
    var waited: Duration { waitingTime.withLock { $0 } }

    func expect(_ objects: [StoredObject]) {
        guard !objects.isEmpty, let client = try? client() else { return }
        ahead.expect(objects, client)
    }

    func forget() { ahead.forget() }

    /// An object's whole content.
    func read(_ object: StoredObject, limit: Int) throws -> [UInt8] {
        let address = try ObjectAddress(object.address)
        let client = try client()
        func now() throws -> ObjectContent {
            let tag = object.version.flatMap { EntityTag($0) }
            return try wait(for: client.begin(reading: address, tag: tag, limit: limit))
        }
        let content: ObjectContent
        if let begun = ahead.take(object, client) {
            do {
                content = try wait(for: begun)
            } catch let error as ObjectStoreError where error.kind == .size && limit > ObjectsAhead.largest {
                content = try now()
            }
        } else {
            content = try now()
        }
        ahead.saw(content.bytes.count)
        return content.bytes
    }

    /// A block of an object.
    func block(_ index: Int64, of object: StoredObject, size: Int64, _ address: ObjectAddress) throws -> [UInt8] {
        do {
            return try wait(for: blocks.block(index, of: object, size: size, address, client())).bytes
        } catch {
            blocks.forget(object)
            throw error
        }
    }

    private func wait(for read: PendingRead) throws -> ObjectContent {
        guard !read.isSettled else { return try read.wait() }
        let begun = ContinuousClock.now
        defer { waitingTime.withLock { $0 += .now - begun } }
        return try read.wait()
    }

    /// Why something failed, without the address, which stands before it anyway.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as ObjectStoreError: error.reason
        case let error as ObjectAddressError: error.reason
        default: "\(error)"
        }
    }
}
