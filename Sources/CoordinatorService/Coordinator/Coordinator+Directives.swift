import Cluster
import JobPlanning
import JobRules
import Link
import Storage
import Transport

/// What the core wants done: messages sent, files written, stages ended.
extension Coordinator {
    func carryOut(_ directive: CoordinatorDirective) {
        switch directive {
        case .send(let message, let address): send(message, to: address)
        case .deal(let session, let lease, let shard, let address): deal(session, lease, shard, to: address)
        case .sendPiece(let blob, let offset, let count, let address):
            // If the file cannot be read now, the worker asks again. The next tick finds out whether the file was changed.
            guard let bytes = try? blobs.piece(blob, offset: offset, count: count) else { return }
            send(.piece(blob: blob, offset: offset), payload: bytes, to: address)
        case .sendImagePiece(let session, let image, let shard, let offset, let count, let address):
            sendImagePiece(session, image, shard, offset, count, to: address)
        case .openPartial(let upload, let images, let clamped, let samples):
            archive?.take(.openPartial(upload: upload, images: images, clamped: clamped, samples: samples))
        case .storeChunk(let upload, let index, let patches, let bytes):
            archive?.take(.storeChunk(upload: upload, index: index, patches: patches, bytes: bytes))
        case .lookAhead(let upload, let file): archive?.lookAhead(upload, file: file)
        case .commitPartial(let upload, let shards, let failures, let contents, let written, let audit):
            guard let role, checkServedFiles() else { return }
            archive?.take(
                .commitPartial(
                    upload: upload, shards: shards, role: role, failures: failures, contents: contents,
                    written: written, audit: audit))
            // The worker need not wait for it. It pays only where more partials are to come.
            archive?.take(.addUpPartials(after: upload, expectsMore: core.expectsMoreSums))
        case .dropPartial(let upload): archive?.take(.dropPartial(upload: upload))
        case .storeArtifact(let image, let kind, let lease, let bytes): storeArtifact(image, kind, lease, bytes)
        case .dropArtifacts(let shard, let lease):
            guard let order = stage?.order else { return }
            archive?.take(.dropArtifacts(shard: shard, lease: lease, order: order))
        case .commitResults(let shard, let outcomes, let artifacts, let payload, let maker):
            guard let active = stage, checkServedFiles() else { return }
            if active.order != nil { keep { book, _ in book.note(outcomes) } }
            archive?.take(
                .commitResults(
                    shard: shard, role: active.stage.role, outcomes: outcomes, order: active.order,
                    artifacts: artifacts, payload: payload?.bytes ?? [], maker: maker))
        case .commitContents(let shard, let failures, let contents):
            guard let role else { return }
            archive?.take(.commitContents(shard: shard, role: role, failures: failures, contents: contents))
        case .placeRange(let shard, let bytes):
            archive?.take(.placeRange(shard: shard.id, patches: shard.patches, bytes: bytes))
        case .recordDeaths(let shards): archive?.take(.recordDeaths(shards: shards))
        case .recordInFlight(let shards): archive?.take(.recordInFlight(shards: shards))
        case .split(let shard, let halves): archive?.take(.split(shard: shard, into: halves))
        case .poison(let image, let shard):
            guard let stage = stage?.stage else { return }
            keep { $0.note([ImageFailure(id: image, reason: "it ends the workers that open it")], at: $1) }
            archive?.take(.recordPoison(image: image, shard: shard, stage: stage))
        // A coordinator knows all shards of a stage at its beginning.
        case .folded, .returned: break
        case .stageDone: end(.success(()))
        case .auditDone(_, let findings):
            self.findings = findings
            end(.success(()))
        case .stageDeclined: _ = endMerge(.success(.declined))
        case .stopped(let reason): end(.failure(JobFailure(reason, most: stage?.mostFailures ?? 0)))
        case .note(let note): take(note)
        }
    }

    private func deal(_ session: SessionID, _ lease: LeaseID, _ shard: ShardRange, to address: WorkerAddress) {
        if merging != nil {
            let patches = shard.patches
            return send(
                .dealRange(session: session, lease: lease, first: patches.lowerBound, count: patches.count), to: address
            )
        }
        do {
            guard let stage else { return }
            let images = try stage.tasks(shard, in: journal)
            let alone = core.isDealtAlone(lease, in: session)
            send(.deal(session: session, lease: lease, images: images, alone: alone), to: address)
        } catch {
            end(.failure(error))
        }
    }

    private func sendImagePiece(
        _ session: SessionID, _ image: ServedImage, _ shard: ShardRange, _ offset: Int64, _ count: Int,
        to address: WorkerAddress
    ) {
        do {
            // What is not of the shard, or has no such mask, was not dealt: only a worker that breaks the protocol asks for it.
            guard let location = try stage?.location(of: image, shard, in: journal) else { return }
            imageSender?.take(
                ImageRequest(
                    session: session, image: image, location: location, offset: offset, count: count, address: address))
        } catch {
            end(.failure(error))
        }
    }

    private func storeArtifact(_ image: ImageID, _ kind: Artifact, _ lease: LeaseID, _ bytes: [UInt8]) {
        do {
            let place = try journal.images(first: image, count: 1).first.flatMap { stage?.place(of: kind, $0) }
            archive?.take(.storeArtifact(place: place, lease: lease, bytes: bytes))
        } catch {
            end(.failure(error))
        }
    }

    func send(_ message: CoordinatorMessage, payload: [UInt8] = [], to address: WorkerAddress) {
        guard let server, let peer = addresses[address] else { return }
        do {
            // What does not fit, or reaches nobody, is lost; what is lost is said again.
            let outcome = server.send(try Frames(message, payload: payload), to: peer)
            if outcome == .gone { addresses.forget(peer) }
            if outcome != .sent { logger.debug("a message to \(peer) was not sent: \(outcome)") }
        } catch {
            // It would be said again for ever.
            end(.failure(JobError.failed("a message cannot be sent: \(error); try a smaller --shard-size")))
        }
    }

    private func take(_ note: CoordinatorNote) {
        if let incident = workerLog.take(note, logger) { keep { $0.note(incident: incident, at: $1) } }
        switch note {
        case .worked(let session, let time):
            reporter.note(time, of: session)
            keep { book, _ in book.note(time, of: session) }
        case .unusable(let failures): keep { $0.note(failures, at: $1) }
        case .stuck(let name, _): onStuck(name)
        default: break
        }
    }
}
