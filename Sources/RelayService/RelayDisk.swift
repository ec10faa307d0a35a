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
        /// Something else than the disk is wrong: no other folder helps.
        case failure(any Error)
    }

    /// What the disk has gained as leftovers of other relays were removed, in bytes.
    let freed: Int64
    private let queue = DispatchQueue(label: "relay disk")
    private let report: @Sendable (Report) -> Void
    // Touched on the queue only.
    private let cache: BlobCache
    private let sums: RelaySums
    /// Sums that were kept are lost. What else is said of them is void, until the core has heard of it and sums begin anew.
    private var hasFailed = false

    init(
        cache: CacheDirectory, scratch: String, uploads: Int, threads: Int,
        report: @escaping @Sendable (Report) -> Void
    ) throws {
        self.cache = BlobCache(cache)
        sums = try RelaySums(folder: scratch, uploads: uploads, threads: threads)
        freed = sums.freed
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

    /// Nothing is to be kept until other work begins.
    func reset() {
        order {
            self.hasFailed = false
            self.sums.release()
        }
    }

    /// The parent has what was kept; more is to come.
    func zeroSums() {
        order {
            self.hasFailed = false
            self.sums.reset()
        }
    }

    func begin(_ work: Work) {
        order {
            self.hasFailed = false
            self.sums.begin(work.space)
            do {
                if let files = try self.sums.reserve() { self.tell(.scratchUsable(files: files)) }
            } catch {
                self.fail("\(error)")
            }
        }
    }

    func examineScratch(_ work: Work) {
        order {
            self.sums.begin(work.space)
            // It is looked at again later.
            if let files = try? self.sums.reserve() { self.tell(.scratchUsable(files: files)) }
        }
    }

    func openPartial(_ upload: UploadID, images: Int64, clamped: Int64, samples: Int64) {
        orderOfSums { try self.sums.create(upload, images: images, clamped: clamped, samples: samples) }
    }

    func storeChunk(_ upload: UploadID, index: Int, patches: Range<Int>, bytes: [UInt8]) {
        orderOfSums {
            if let fault = try self.sums.write(bytes, patches: patches, to: upload) {
                return self.refuse(upload, fault)
            }
            self.tell(.workers(.chunkStored(upload: upload, index: index)))
        }
    }

    func keepPartial(_ upload: UploadID) {
        orderOfSums {
            if let fault = try self.sums.keep(upload) { return self.refuse(upload, fault) }
            self.tell(.workers(.partialCommitted(upload: upload)))
        }
    }

    func dropPartial(_ upload: UploadID) { orderOfSums { self.sums.drop(upload) } }

    private func refuse(_ upload: UploadID, _ fault: String) {
        tell(.workers(.partialRefused(upload: upload, reason: "it sent impossible sums: \(fault)")))
    }

    func offer(_ session: SessionID, _ upload: UploadID, chunkPatches: Int) {
        orderOfSums {
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
        orderOfSums {
            guard let bytes = try self.sums.chunk(index, of: chunkPatches) else { return }
            self.report(.message(.chunk(session: session, upload: upload, index: index), bytes))
        }
    }

    private func tell(_ event: RelayEvent) { report(.event(event)) }

    private func order(_ work: @escaping @Sendable () -> Void) { queue.async(execute: work) }

    /// A disk that is full, or fails, loses what the relay had of the sums, and not the relay.
    private func orderOfSums(_ work: @escaping @Sendable () throws -> Void) {
        order {
            guard !self.hasFailed else { return }
            do {
                try work()
            } catch let error as StorageError where error.isEnvironmental || !self.sums.hasFolder {
                let remedy =
                    self.sums.hasFolder
                    ? "make room there, or give --scratch a folder on another disk"
                    : "somebody removed the folder, and the relay makes another one"
                self.fail("\(error); \(remedy)")
            } catch {
                self.hasFailed = true
                self.report(.failure(error))
            }
        }
    }

    private func fail(_ reason: String) {
        hasFailed = true
        sums.release()
        tell(.scratchFailed(reason: reason))
    }
}

extension Work {
    /// Of the sums that it makes.
    fileprivate var space: FeatureSpace? {
        if case .accumulate(let space, _, _, _) = self { space } else { nil }
    }
}
