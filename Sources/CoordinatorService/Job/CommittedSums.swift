import Gaussian
import Journal
import Storage

extension JobDirectory {
    /// Opens the file of sums that the journal has a record of. The file may have been written by a worker, and others may have
    /// changed it since, so it is compared with the record.
    /// - Throws: `GaussianError` where the file is not the one that was committed; `TensorError`, `StorageError`.
    func openSums(_ record: PartialRecord) throws -> StatisticsFile {
        let file = try StatisticsFile(path: partial(record.file), followsLinks: false)
        guard file.header.count == Int64(record.images), file.header.clamped == record.clamped else {
            throw GaussianError(
                file.path,
                "holds \(file.header.count) images with \(file.header.clamped) clamped numbers, where \(record.images) with "
                    + "\(record.clamped) were committed; start the job again, and they are folded again")
        }
        // Earlier releases took the digest of the whole file.
        guard try file.contentDigest() == record.digest || file.fileDigest() == record.digest else {
            throw GaussianError(
                file.path,
                "is another one than the job committed; start the job again, and its \(record.images) images are folded again"
            )
        }
        return file
    }
}
