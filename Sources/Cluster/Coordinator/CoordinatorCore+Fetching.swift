import Storage

/// What workers ask for: pieces of blobs, and of images.
extension CoordinatorCore {
    mutating func fetch(_ address: WorkerAddress, _ blob: Blob, _ offset: Int64, _ count: Int) {
        guard let stage, stage.work.blobs.contains(blob), offset >= 0, offset < blob.byteCount, count > 0 else {
            drop("a fetch of a blob that is not served, or beyond its end")
            return
        }
        workers.update(address) { $0.progressed = now }
        guard mayFetch(address) else { return }
        let count = min(count, limits.pieceBytes, Int(blob.byteCount - offset))
        directives.append(.sendPiece(blob, offset: offset, count: count, to: address))
    }

    /// Few workers fetch at once, so that few pieces wait in the network's queues. The others ask again.
    private mutating func mayFetch(_ address: WorkerAddress) -> Bool {
        guard let session = workers[address]?.session else { return false }
        if fetchers[session] == nil, fetchers.count >= limits.fetchers {
            fetchers = fetchers.filter { now.since($0.value) < limits.retry }
            guard fetchers.count < limits.fetchers else { return false }
        }
        fetchers[session] = now
        return true
    }

    /// A worker that does not see an image of a shard in hand asks for it.
    mutating func fetchImage(_ address: WorkerAddress, _ image: ServedImage, _ offset: Int64, _ count: Int) {
        guard let stage, stage.isServingImages else { return drop("a fetch of an image, where images are not served") }
        // It comes late where the shard is over.
        guard let worker = workers[address],
            let lease = worker.leases[image.lease] ?? worker.superseded[image.lease]?.lease, lease.lastSent != nil
        else { return }
        // Of an image's lot the others are dealt with it; the shell knows them.
        guard lease.shard.contains(image.image) || stage.work.lotsLeftOut == .dealtAsOne, offset >= 0, count > 0 else {
            return drop("a fetch of an image that is not of the shard, or of no bytes")
        }
        directives.append(
            .sendImagePiece(
                session: worker.session, image, shard: lease.shard, offset: offset,
                count: min(count, limits.pieceBytes),
                to: address))
    }
}
