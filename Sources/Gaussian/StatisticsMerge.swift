import CKernels
import Tensors

/// Adds and subtracts files of statistics, a block of patches at a time: memory grows neither with the number of files nor
/// with their size.
public enum StatisticsMerge {
    /// Bytes of records held at a time where the caller does not say: they stay in the cache from one file to the next.
    private static let blockBytes = 1 << 18

    /// The sum of all files' images.
    /// - Parameters:
    ///   - blockPatches: patches held in memory at a time; nil: as many as fit the cache.
    ///   - syncing: whether to wait for the disk; else `DurableFile.sync` is to do it later.
    /// - Returns: the header of the file written.
    /// - Throws: `GaussianError` where there is no file, spaces or grids differ, a file is damaged or a sum too large;
    ///   `StorageError`. No file is left at `path` then.
    @discardableResult
    public static func add(
        _ files: [StatisticsFile], to path: String, blockPatches: Int? = nil, syncing: Bool = true
    ) throws -> StatisticsHeader {
        guard let first = files.first else { throw GaussianError(path, "there are no statistics to add") }
        var (count, clamped) = (Int64(0), Int64(0))
        for file in files {
            try requireSame(first, file)
            guard file.header.count <= Statistics.maximumCount - count else { throw Statistics.tooMany }
            count += file.header.count
            let sum = clamped.addingReportingOverflow(file.header.clamped)
            guard !sum.overflow else { throw GaussianError(file.path, "its count of clamped numbers is impossible") }
            clamped = sum.partialValue
        }
        let header = try StatisticsHeader(
            space: first.header.space, grid: first.header.grid, count: count, clamped: clamped)
        try combine(files, into: path, header, blockPatches, syncing: syncing) { total, more, words, number in
            guard !statistics_sum_overflows(total, more, words) else {
                throw GaussianError(files[number].path, "a sum would leave its 64 bits")
            }
            statistics_add(total, more, words)
        }
        return header
    }

    /// The images of `whole` without those of `part`, which must all be in it.
    /// - Throws: as `add`; and where `part` has images that are not in `whole`, as far as the sums show it.
    @discardableResult
    public static func subtract(
        _ part: StatisticsFile, from whole: StatisticsFile, to path: String, blockPatches: Int? = nil
    ) throws -> StatisticsHeader {
        try requireSame(whole, part)
        let count = whole.header.count - part.header.count
        let clamped = whole.header.clamped - part.header.clamped
        guard count >= 0, clamped >= 0 else {
            throw GaussianError(
                part.path,
                "its \(part.header.count) images cannot be taken out of the \(whole.header.count) in \(whole.path)")
        }
        let header = try StatisticsHeader(
            space: whole.header.space, grid: whole.header.grid, count: count, clamped: clamped)
        do {
            try combine([whole, part], into: path, header, blockPatches) { total, more, words, number in
                let first = number == 0
                guard first || !statistics_difference_overflows(total, more, words) else {
                    throw GaussianError(part.path, "holds images that are not in \(whole.path)")
                }
                if first { statistics_add(total, more, words) } else { statistics_subtract(total, more, words) }
            }
        } catch let error as GaussianError where error.subject == path {
            // The difference is no sum of images.
            throw GaussianError(part.path, "holds images that are not in \(whole.path)")
        }
        return header
    }

    private typealias Step = (UnsafeMutablePointer<Int64>, UnsafePointer<Int64>, Int, Int) throws -> Void

    private static func combine(
        _ files: [StatisticsFile], into path: String, _ header: StatisticsHeader, _ blockPatches: Int?,
        syncing: Bool = true, _ step: Step
    ) throws {
        let shape = try RecordShape(patches: header.space.patches, dimension: header.space.dimension)
        let block = min(max(blockPatches ?? blockBytes / shape.byteCount(patches: 1), 1), shape.patches)
        let total = try AlignedBuffer<Int64>(zeros: block * shape.words)
        var writer = try StatisticsFileWriter(path: path, header: header)
        for begin in stride(from: 0, to: shape.patches, by: block) {
            let patches = begin..<min(begin + block, shape.patches)
            let words = patches.count * shape.words
            total.pointer.update(repeating: 0, count: words)
            for (number, file) in files.enumerated() {
                try file.withRecords(patches: patches) { try step(total.pointer, $0, words, number) }
            }
            try writer.write(UnsafeRawBufferPointer(start: total.pointer, count: words * 8), patches: patches)
        }
        try writer.commit(syncing: syncing)
    }

    private static func requireSame(_ first: StatisticsFile, _ other: StatisticsFile) throws {
        if let obstacle = first.header.obstacle(toCombiningWith: other.header) {
            throw GaussianError("\(first.path) and \(other.path)", obstacle)
        }
    }
}
