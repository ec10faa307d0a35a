import Gaussian
import Storage

/// Shards and sums: worked on, reported until acknowledged, kept until committed.
extension WorkerCore {
    mutating func dealt(_ session: SessionID, _ lease: LeaseID, _ images: [ImageTask]) {
        guard takesUp(lease), stage?.work.isMerge == false else { return }
        working.insert(lease)
        directives.append(.begin(session: session, lease: lease, images: images))
    }

    mutating func dealtRange(_ session: SessionID, _ lease: LeaseID, _ first: Int, _ count: Int) {
        let (end, overflow) = first.addingReportingOverflow(count)
        guard takesUp(lease), stage?.work.isMerge == true, first >= 0, count > 0, !overflow else { return }
        working.insert(lease)
        directives.append(.beginRange(session: session, lease: lease, patches: first..<end))
    }

    /// Whether a deal is to be worked on: it comes in time, and for the first time.
    private mutating func takesUp(_ lease: LeaseID) -> Bool {
        newestLease = max(newestLease ?? lease, lease)
        if let newestOfLastStage, lease <= newestOfLastStage { return false }
        return isPrepared && upload == nil && !working.contains(lease) && reports[lease] == nil
            && !closed.contains(lease)
    }

    mutating func reported(_ lease: LeaseID, _ report: ShardReport) {
        // A shard of an earlier session ends after its fence: its report is void.
        guard case .serving(let session) = life, working.remove(lease) != nil else { return }
        closed.insert(lease)
        images.drop(lease)
        if case .abandoned(let reason) = report, stage?.work.isMerge == true {
            // Others do it, or the coordinator itself: nobody is to blame.
            working = []
            return declareIneligible(reason)
        }
        send(report, lease, session)
    }

    mutating func want(_ image: ServedImage) {
        // The shard may have ended meanwhile, and the session with it. Whoever waits is answered.
        guard working.contains(image.lease), stage?.isServingImages == true else {
            return directives.append(.imageUnavailable(image, reason: "its shard is over"))
        }
        images.want(image)
    }

    mutating func imagePiece(
        _ image: ServedImage, _ offset: Int64, _ bytes: [UInt8], _ size: Int64, _ digest: ContentDigest
    ) {
        guard size <= Wire.largestImage else {
            return imageUnavailable(
                image, "the file is too large: \(size) bytes, where at most \(Wire.largestImage) are read")
        }
        switch images.accept(image, offset: offset, count: bytes.count, size: size, digest: digest) {
        case .unexpected: break
        case .taken(let isLast):
            directives.append(.storeImagePiece(image, size: size, offset: offset, bytes: bytes, isLast: isLast))
        case .changed: imageUnavailable(image, "it has changed while it was sent")
        }
    }

    mutating func imageUnavailable(_ image: ServedImage, _ reason: String) {
        guard images.drop(image) else { return }
        directives.append(.imageUnavailable(image, reason: reason))
    }

    mutating func send(_ report: ShardReport, _ lease: LeaseID, _ session: SessionID, repeats: Int = 0) {
        reports[lease] = Report(content: report, lastSent: now, repeats: repeats)
        switch report {
        case .folded(let failures, let contents, let fingerprint):
            send(
                .folded(
                    session: session, lease: lease, failures: failures, contents: contents, fingerprint: fingerprint))
        case .audited(let failures, let contents, let fingerprint):
            send(
                .audited(
                    session: session, lease: lease, failures: failures, contents: contents, fingerprint: fingerprint))
        case .scored(let outcomes, let artifacts):
            send(.scored(session: session, lease: lease, outcomes: outcomes, pictures: artifacts))
        case .calibrated(let outcomes, let payload):
            send(.calibrated(session: session, lease: lease, outcomes: outcomes), payload: payload.bytes)
        case .identified(let failures, let contents):
            send(.identified(session: session, lease: lease, failures: failures, contents: contents))
        case .merged(let bytes): send(.merged(session: session, lease: lease), payload: bytes)
        case .abandoned(let reason): send(.gaveUp(session: session, lease: lease, reason: reason))
        case .lost: send(.lost(session: session, lease: lease))
        }
    }
}
