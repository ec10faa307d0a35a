import Cluster
import Dispatch
import Gaussian
import Storage
import WorkerService

/// A relay's disk: blobs and sums, one thing after the other on a queue of its own.
final class RelayDisk: @unchecked Sendable {
    enum Report: Sendable {
        case event(RelayEvent)
        /// A message for the parent.
        case message(WorkerMessage, [UInt8])
        /// A blob is here, at this path.
        case blob(Blob, path: String)
        case failure(any Error)
    }

    private let queue = DispatchQueue(label: "relay disk")
    private let report: @Sendable (Report) -> Void
    // Touched on the queue only.
    private let cache: BlobCache
    private let sums: RelaySums
    private var hasFailed = false

    init(
        cache: CacheDirectory, scratch: String, threads: Int, report: @escaping @Sendable (Report) -> Void
    ) throws {
        self.cache = BlobCache(cache)
        sums = try RelaySums(folder: scratch, threads: threads)
        self.report = report
    }

    // MARK: Blobs

    func seek(_ blob: Blob) {
        order {
            guard let path = self.cache.find(blob) else { return self.tell(.parent(.blobAbsent(blob))) }
            self.report(.blob(blob, path: path))
            self.tell(.parent(.blobReady(blob)))
        }
    }

    func storePiece(_ blob: Blob, offset: Int64, bytes: [UInt8]) {
        order { self.usable(blob) { try self.cache.store(blob, offset: offset, bytes: bytes) } }
    }

    func seal(_ blob: Blob) {
        order {
            self.usable(blob) {
                self.report(.blob(blob, path: try self.cache.seal(blob)))
                self.tell(.parent(.blobReady(blob)))
            }
        }
    }

    private func usable(_ blob: Blob, _ body: () throws -> Void) {
        do { try body() } catch { tell(.parent(.blobUnusable(blob, reason: "\(error)"))) }
    }

    // MARK: Sums

    func reset() { order { self.sums.reset() } }
    func begin(_ work: Work) {
        order {
            if case .accumulate(let space, _, _, _) = work { self.sums.begin(space) } else { self.sums.begin(nil) }
        }
    }

    func openPartial(_ upload: UploadID, images: Int64, clamped: Int64, samples: Int64) {
        order { try self.sums.create(upload, images: images, clamped: clamped, samples: samples) }
    }

    func storeChunk(_ upload: UploadID, index: Int, patches: Range<Int>, bytes: [UInt8]) {
        order {
            if let fault = try self.sums.write(bytes, patches: patches, to: upload) {
                return self.refuse(upload, fault)
            }
            self.tell(.workers(.chunkStored(upload: upload, index: index)))
        }
    }

    func keepPartial(_ upload: UploadID) {
        order {
            if let fault = try self.sums.keep(upload) { return self.refuse(upload, fault) }
            self.tell(.workers(.partialCommitted(upload: upload)))
        }
    }

    func dropPartial(_ upload: UploadID) { order { self.sums.drop(upload) } }

    private func refuse(_ upload: UploadID, _ fault: String) {
        tell(.workers(.partialRefused(upload: upload, reason: "it sent impossible sums: \(fault)")))
    }

    func offer(_ session: SessionID, _ upload: UploadID, chunkPatches: Int) {
        order {
            let header = try self.sums.sum()?.header
            let (images, samples) = (header?.count ?? 0, header?.samples ?? 0)
            self.report(
                .message(
                    .offer(
                        session: session, upload: upload, images: images, clamped: header?.clamped ?? 0,
                        chunks: self.sums.chunks(of: chunkPatches), samples: samples == images ? nil : samples), []))
        }
    }

    func sendChunk(_ session: SessionID, _ upload: UploadID, index: Int, chunkPatches: Int) {
        order {
            guard let bytes = try self.sums.chunk(index, of: chunkPatches) else { return }
            self.report(.message(.chunk(session: session, upload: upload, index: index), bytes))
        }
    }

    private func tell(_ event: RelayEvent) { report(.event(event)) }

    /// Queues work for the disk's thread. After the first failure no more work is done, because sums that the relay had accepted may be lost.
    private func order(_ work: @escaping @Sendable () throws -> Void) {
        queue.async {
            guard !self.hasFailed else { return }
            do {
                try work()
            } catch {
                self.hasFailed = true
                self.report(.failure(error))
            }
        }
    }
}
