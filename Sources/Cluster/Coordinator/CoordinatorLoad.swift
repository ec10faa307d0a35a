import Storage

/// What a coordinator's core has in hand at most, to be compared with its limits.
package struct CoordinatorLoad: Equatable, Sendable {
    package let workers: Int
    /// Of the worker that has most.
    package let leases: Int
    /// Chunks asked for or being written, of the upload that has most.
    package let chunks: Int
    /// Workers whose sums are taken or are to be next.
    package let uploads: Int
}

extension CoordinatorCore {
    /// Uploads that are under way, or on their way to the disk: of no others may a file be open.
    package var openUploads: Set<UploadID> {
        Set(workers.values.compactMap { $0.upload.flatMap { $0.open ? $0.number : nil } }).union(committing.keys)
    }

    /// How many shards were looked at in this stage to find those that are overdue.
    package var shardsLookedAt: Int { overdue.looked }

    package var load: CoordinatorLoad {
        var (leases, chunks) = (0, 0)
        for worker in workers.values {
            leases = max(leases, worker.leases.count)
            chunks = max(chunks, worker.upload.map { $0.asked.count + $0.storing.count } ?? 0)
        }
        return CoordinatorLoad(workers: workers.count, leases: leases, chunks: chunks, uploads: uploads.count)
    }
}
