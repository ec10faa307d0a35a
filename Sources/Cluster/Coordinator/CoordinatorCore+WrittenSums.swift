import Gaussian
import Storage

/// Sums that are all here: their counts are checked, and they are committed whatever becomes of their worker.
extension CoordinatorCore {
    /// A worker's file is whole, while its disk still writes: both can be waited for at once.
    mutating func filled(_ address: WorkerAddress, _ number: UploadID, _ file: String) {
        guard let upload = workers[address]?.upload, upload.number == number, !upload.open, !upload.isFilled,
            stage?.work.folderOfSums != nil
        else { return }
        workers.updateUpload(address) { $0.isFilled = true }
        directives.append(.lookAhead(upload: number, file: file))
    }

    /// A worker that sees the job's directory has written its sums there, under the name that follows from the upload's number.
    mutating func written(_ address: WorkerAddress, _ number: UploadID, _ sums: WrittenSums) {
        guard let upload = workers[address]?.upload, upload.number == number, !upload.open,
            let perImage = stage?.work.sums?.samplesPerImage
        else { return }
        if let fault = fault(of: upload, sums.images, samples: sums.samples, perImage, sums.clamped) {
            return breach(address, fault)
        }
        guard stage?.work.folderOfSums != nil, sums.images > 0, sums.byteCount > 0 else {
            return breach(
                address,
                "it says that it wrote a file of \(sums.images) images in \(sums.byteCount) bytes, which nobody asked for"
            )
        }
        workers.update(address) { $0.progressed = now }
        workers.updateUpload(address) {
            $0.open = true
            $0.repeats = 0
        }
        commit(address, upload, written: sums)
    }

    /// A worker whose session is over has written its sums: nobody will ask for the file, so it is removed.
    ///
    /// One that is on its way to the disk counts, whatever became of its worker's session; so may one that was committed, which the
    /// archive looks at. Files beyond the limit are removed at the end of the stage or at the next start.
    mutating func dropLate(_ upload: UploadID) {
        guard stage?.work.folderOfSums != nil, uploads.session(of: upload) == nil, committing[upload] == nil,
            upload.rawValue > 0, upload.rawValue <= lastNumber, droppedLate.count < limits.lateUploads,
            droppedLate.insert(upload).inserted
        else { return }
        directives.append(.dropPartial(upload: upload))
    }

    /// Says what is wrong with the counts that a worker reports of its sums; nil where they are as expected. The sums hold each usable image of the folded shards exactly
    /// once; anything else is not ours to commit.
    func fault(
        of upload: Upload, _ images: Int64, samples: Int64, _ perImage: ClosedRange<Int>, _ clamped: Int64
    ) -> String? {
        let expected = upload.shards.reduce(0) { sum, id in
            sum + (shards[id].map { $0.range.count - $0.failures.count } ?? 0)
        }
        let numbers = samples.multipliedReportingOverflow(by: Int64(upload.patches * upload.dimension))
        let due = Int64(expected * perImage.lowerBound)...Int64(expected * perImage.upperBound)
        guard images == Int64(expected), due.contains(samples), samples <= Statistics.maximumSamplesInMemory,
            !numbers.overflow, (0...numbers.partialValue).contains(clamped)
        else {
            return
                "it offered sums of \(samples) samples of \(images) images with \(clamped) clamped numbers, where \(expected) images are "
                + "due, and \(perImage.lowerBound) to \(perImage.upperBound) samples of each"
        }
        return nil
    }

    /// The upload's shards are on their way to the disk.
    /// - Parameter written: what the worker says of the file that it wrote; nil: all chunks are stored.
    mutating func commit(_ address: WorkerAddress, _ upload: Upload, written: WrittenSums?) {
        guard let worker = workers[address] else { return }
        workers.updateUpload(address) { $0.committing = true }
        for shard in upload.shards { shards.beginCommit(shard) }
        let failures = upload.shards.flatMap { shards[$0]?.failures ?? [] }
        committing[upload.number] = PartialUnderWay(
            shards: upload.shards, session: worker.session, name: worker.name,
            aloneSince: committing.isEmpty ? now : nil)
        directives.append(
            .commitPartial(
                upload: upload.number, shards: upload.shards, failures: failures,
                contents: shards.contents(of: upload.shards), written: written,
                audit: audit(of: upload.shards, by: worker)))
    }
}
