import Gaussian
import Storage

/// A worker's handing over of its sums: as a file in the job's directory where it sees that, else in chunks.
struct SumsUpload: Sendable {
    enum Way: Equatable, Sendable {
        /// Its file is being written.
        case storing
        /// Its file is there, durably.
        case stored(WrittenSums)
        /// It goes in chunks.
        case chunks
    }

    let number: UploadID
    var chunkPatches: Int
    var way: Way
}

extension WorkerCore {
    mutating func checkpoint(_ session: SessionID, _ number: UploadID, _ chunkPatches: Int) {
        // Sums are handed over only when no shard is half in them, and one upload at a time.
        guard working.isEmpty, let sums = stage?.work.sums, (1...sums.patches).contains(chunkPatches) else { return }
        if upload?.number == number {
            upload?.chunkPatches = chunkPatches
        } else {
            // Numbers rise: an older one is a late repeat of an upload that is over, and what is in the sums now is not its.
            guard upload == nil, lastUpload.map({ number > $0 }) ?? true else { return }
            lastUpload = number
            upload = SumsUpload(number: number, chunkPatches: chunkPatches, way: writesSums ? .storing : .chunks)
            if writesSums { return directives.append(.store(upload: number)) }
        }
        handOver(session)
    }

    /// Says what is to be said of the upload under way, once more where that was lost.
    private mutating func handOver(_ session: SessionID) {
        guard let upload else { return }
        switch upload.way {
        case .storing: break
        case .stored(let sums):
            send(
                .written(
                    session: session, upload: upload.number, images: sums.images, clamped: sums.clamped,
                    samples: sums.samples == sums.images ? nil : sums.samples, byteCount: sums.byteCount,
                    digest: sums.digest))
        case .chunks:
            directives.append(
                .offer(session: session, upload: upload.number, chunkPatches: upload.chunkPatches))
        }
    }

    /// A hint, said once: what is lost of it costs a wait.
    mutating func filled(_ number: UploadID, _ file: String) {
        guard case .serving(let session) = life, upload?.number == number, upload?.way == .storing else { return }
        send(.filled(session: session, upload: number, file: file))
    }

    mutating func stored(_ number: UploadID, _ sums: WrittenSums) { settle(number, .stored(sums)) }

    /// The coordinator stores them itself, or says why it cannot.
    mutating func notStored(_ number: UploadID) { settle(number, .chunks) }

    private mutating func settle(_ number: UploadID, _ way: SumsUpload.Way) {
        // Its session may be over, and the file nobody's.
        guard case .serving(let session) = life, upload?.number == number, upload?.way == .storing else { return }
        upload?.way = way
        handOver(session)
    }

    mutating func sendChunks(_ session: SessionID, _ number: UploadID, _ chunks: [Int]) {
        guard let upload, upload.number == number, upload.way == .chunks, let sums = stage?.work.sums,
            chunks.count <= Wire.mostChunksAsked
        else { return }
        let count = (sums.patches + upload.chunkPatches - 1) / upload.chunkPatches
        for index in chunks where index >= 0 && index < count {
            directives.append(
                .sendChunk(session: session, upload: number, index: index, chunkPatches: upload.chunkPatches))
        }
    }

    mutating func committed(_ number: UploadID) {
        // While they are being written they are nobody's but this worker's.
        guard let upload, upload.number == number, upload.way != .storing else { return }
        self.upload = nil
        directives.append(.zeroSums)
    }
}
