import Cluster
import Storage

extension WorkerMessage {
    /// The message, for a history.
    var words: String {
        switch self {
        case .hello(_, let incarnation, let name, _, _): "hello, \(name), incarnation \(incarnation % 10_000)"
        case .heartbeat(_, let stage, let leases, _, let upload, _, _):
            "alive, stage \(stage.map(String.init) ?? "none"), leases \(leases), upload \(upload.map(\.description) ?? "none")"
        case .fetch(_, _, let offset, _): "fetch the blob's bytes from \(offset)"
        case .fetchImage(_, let lease, let image, let part, let offset, _):
            "fetch the \(part.rawValue) of image \(image), lease \(lease), from \(offset)"
        case .prepared(_, let stage): "ready for stage \(stage)"
        case .unfit(_, let stage, let reason): "unfit for stage \(stage): \(reason)"
        case .folded(_, let lease, let failures, _, _): "folded lease \(lease), failed \(failures.map(\.id))"
        case .audited(_, let lease, let failures, _, let fingerprint):
            "audited lease \(lease), failed \(failures.map(\.id)): \(fingerprint)"
        case .scored(_, let lease, let outcomes, let artifacts):
            "scored lease \(lease), images \(outcomes.map(\.id)), \(artifacts) artifacts sent"
        case .calibrated(_, let lease, let outcomes): "calibrated lease \(lease), images \(outcomes.map(\.id))"
        case .picture(_, let lease, let image, let kind): "\(kind.rawValue) of image \(image), lease \(lease)"
        case .identified(_, let lease, let failures, _): "identified lease \(lease), failed \(failures.map(\.id))"
        case .merged(_, let lease): "merged lease \(lease)"
        case .lost(_, let lease): "lost lease \(lease)"
        case .gaveUp(_, let lease, let reason): "gave lease \(lease) up: \(reason)"
        case .offer(_, let upload, let images, _, let chunks, _):
            "offers upload \(upload): \(images) images, \(chunks) chunks"
        case .chunk(_, let upload, let index): "chunk \(index) of upload \(upload)"
        case .filled(_, let upload, let file): "has filled the file \(file) of upload \(upload)"
        case .written(_, let upload, let images, _, _, _, _): "has written upload \(upload): \(images) images"
        case .worked(_, let stage, let time):
            "waited \(time.waitingMilliseconds) of \(time.totalMilliseconds) ms in stage \(stage)"
        case .leaving: "leaving"
        }
    }

    /// The lease that a report closes.
    var reportedLease: LeaseID? {
        switch self {
        case .folded(_, let lease, _, _, _), .audited(_, let lease, _, _, _), .scored(_, let lease, _, _),
            .calibrated(_, let lease, _),
            .identified(_, let lease, _, _), .merged(_, let lease):
            lease
        default: nil
        }
    }

    /// The same message, said in another session.
    func movedTo(session: SessionID) -> WorkerMessage {
        switch self {
        case .heartbeat(_, let stage, let leases, let newest, let upload, let mostLeases, let instructionSets):
            .heartbeat(
                session: session, stage: stage, leases: leases, newest: newest, upload: upload, mostLeases: mostLeases,
                instructionSets: instructionSets)
        case .prepared(_, let stage): .prepared(session: session, stage: stage)
        case .folded(_, let lease, let failures, let contents, let fingerprint):
            .folded(
                session: session, lease: lease, failures: failures, contents: contents, fingerprint: fingerprint)
        case .merged(_, let lease): .merged(session: session, lease: lease)
        case .offer(_, let upload, let images, let clamped, let chunks, let samples):
            .offer(
                session: session, upload: upload, images: images, clamped: clamped, chunks: chunks, samples: samples)
        case .chunk(_, let upload, let index): .chunk(session: session, upload: upload, index: index)
        case .filled(_, let upload, let file): .filled(session: session, upload: upload, file: file)
        case .written(_, let upload, let images, let clamped, let samples, let byteCount, let digest):
            .written(
                session: session, upload: upload, images: images, clamped: clamped, samples: samples,
                byteCount: byteCount, digest: digest)
        default: self
        }
    }
}

extension CoordinatorMessage {
    /// The message, for a history.
    var words: String {
        switch self {
        case .welcome(let session, _, _, _): "welcome, session \(session.rawValue % 10_000)"
        case .refused(let reason): "refused: \(reason)"
        case .fenced(let session): "fenced, session \(session.rawValue % 10_000)"
        case .heartbeat: "alive"
        case .prepare(_, let stage): "prepare stage \(stage.number)"
        case .piece(_, let offset): "piece from \(offset)"
        case .imagePiece(_, let lease, let image, _, let offset, _, _): "image \(image) from \(offset), lease \(lease)"
        case .imageUnavailable(_, let lease, let image, _, let reason): "no image \(image), lease \(lease): \(reason)"
        case .deal(_, let lease, let images, _): "deal lease \(lease), images \(images.map(\.id))"
        case .dealRange(_, let lease, let first, let count): "deal lease \(lease), \(count) patches from \(first)"
        case .acknowledged(_, let lease): "acknowledged lease \(lease)"
        case .checkpoint(_, let upload, let chunkPatches):
            "checkpoint, upload \(upload), \(chunkPatches) patches a chunk"
        case .send(_, let upload, let chunks): "send chunks \(chunks) of upload \(upload)"
        case .committed(_, let upload): "committed upload \(upload)"
        case .misunderstood(let reason): "misunderstood: \(reason)"
        case .done: "done"
        }
    }
}
