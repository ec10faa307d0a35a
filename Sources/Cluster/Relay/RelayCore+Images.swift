import Storage

/// Images that a relay's workers cannot read themselves. The relay asks the coordinator for them and forwards each piece when it arrives.
extension RelayCore {
    /// A worker asks for a piece of an image of a shard that it has in hand.
    mutating func ask(
        _ session: SessionID, _ image: ServedImage, _ shard: ShardID, _ offset: Int64, _ count: Int,
        _ address: WorkerAddress
    ) {
        guard let entry = held[shard] else { return decline(session, image, address) }
        guard entry.images.contains(where: { $0.id == image.image }) else { return }
        guard entry.report == nil else {
            // The parent sends images of shards in hand, and knows this one for folded.
            return beginAnew("a shard that was reported is folded again, and its images are not sent again")
        }
        let own = ServedImage(lease: entry.lease, image: image.image, part: image.part)
        images.ask(
            for: RelayedImages.Piece(session: entry.session, image: own, offset: offset), count: count,
            RelayedImages.Asker(session: session, image: image, address: address))
    }

    /// Another worker has done the shard, and the parent sends nothing more of it. Nothing of this worker's lease counts, but it must come to
    /// an end: the worker would wait for ever.
    private mutating func decline(_ session: SessionID, _ image: ServedImage, _ address: WorkerAddress) {
        // Where there are sums nobody has a shard twice.
        guard stage?.work.sums == nil else { return }
        directives.append(
            .tellWorker(
                .imageUnavailable(
                    session: session, lease: image.lease, image: image.image, part: image.part,
                    reason: "its shard is done"), to: address))
    }

    /// Asks the parent for what workers wait for.
    /// - Parameter isLate: whether to look for what did not come.
    mutating func requestImages(lookingForLate isLate: Bool) {
        if isLate { images.forgetLate(at: now, retry: limits.retry) }
        for (piece, count) in images.next(at: now) {
            directives.append(
                .tellParent(
                    .fetchImage(
                        session: piece.session, lease: piece.image.lease, image: piece.image.image,
                        part: piece.image.part, offset: piece.offset, count: count), payload: []))
        }
    }

    /// What the parent says of images goes to who asked.
    mutating func passImages(_ message: CoordinatorMessage, _ bytes: [UInt8]) {
        switch message {
        case .imagePiece(let session, let lease, let image, let part, let offset, let size, let digest):
            let own = ServedImage(lease: lease, image: image, part: part)
            let piece = RelayedImages.Piece(session: session, image: own, offset: offset)
            guard let asker = images.arrived(piece) else { return }
            directives.append(
                .passPiece(
                    .imagePiece(
                        session: asker.session, lease: asker.image.lease, image: image, part: part, offset: offset,
                        size: size, digest: digest), bytes: bytes, to: asker.address))
        case .imageUnavailable(let session, let lease, let image, let part, let reason):
            let own = ServedImage(lease: lease, image: image, part: part)
            for asker in images.unavailable(own, session: session) {
                directives.append(
                    .tellWorker(
                        .imageUnavailable(
                            session: asker.session, lease: asker.image.lease, image: image, part: part,
                            reason: ReportedText.reason(reason)), to: asker.address))
            }
        default: break
        }
    }
}
