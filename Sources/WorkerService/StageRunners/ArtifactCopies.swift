import ObjectStores
import Storage

/// Puts copies of maps and overlays into a bucket, several at a time, while the next images are computed.
final class ArtifactCopies: Sendable {
    private let client: ObjectClient
    private let prefix: ObjectAddress
    private let pending = Locked<[PendingWrite]>([])

    /// As many are under way, and so in memory, at most.
    private static let most = 32

    init(to prefix: ObjectAddress, by client: ObjectClient) { (self.prefix, self.client) = (prefix, client) }

    /// Begins to write a copy; waits for the first of those before it where there are many.
    /// - Parameter place: below the prefix; it leads nowhere else.
    func put(_ bytes: [UInt8], at place: String) throws {
        let write = try client.begin(
            writing: bytes, to: prefix.resolving(place), contentType: MediaType.named(place))
        let first = pending.withLock { pending in
            pending.append(write)
            return pending.count > Self.most ? pending.removeFirst() : nil
        }
        try wait(first)
    }

    /// Waits until the bucket has all copies that were begun.
    func settle() throws {
        while let write = pending.withLock({ $0.popLast() }) { try wait(write) }
    }

    private func wait(_ write: PendingWrite?) throws {
        do {
            try write?.wait()
        } catch {
            throw StageError("a map or overlay cannot be put into the bucket of --artifacts: \(error)")
        }
    }
}
