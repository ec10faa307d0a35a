import CKernels
import Compute
import Tensors

/// Adds and subtracts files of statistics, a block of patches at a time: memory grows neither with the number of files nor
/// with their size.
public enum StatisticsMerge {
    /// Bytes of records held at a time where the caller does not say: they stay in the cache from one file to the next.
    private static let blockBytes = 3 << 17

    /// Which images a sum is of.
    public enum Images: Sendable {
        /// Those of all files, where each has its list; else the sum has none.
        case ofFiles
        /// The caller knows them, or knows that nobody does.
        case known(ImageMultiset?)
    }

    /// The sum of all files' images.
    /// - Parameters:
    ///   - blockPatches: patches held in memory at a time; nil: as many as fit the cache.
    ///   - syncing: whether to wait for the disk; else `DurableFile.sync` is to do it later.
    ///   - crew: its threads share out the blocks; the file's bytes are the same without it.
    /// - Returns: the header of the file written.
    /// - Throws: `GaussianError` where there is no file, spaces differ, a file is damaged or a sum too large;
    ///   `StorageError`. No file is left at `path` then.
    @discardableResult
    public static func add(
        _ files: [StatisticsFile], to path: String, images: Images = .ofFiles, blockPatches: Int? = nil,
        syncing: Bool = true, crew: ThreadCrew? = nil
    ) throws -> StatisticsHeader {
        let (header, list) = try sum(of: files, for: path, images)
        try combine(files, into: path, header, list, blockPatches, syncing: syncing, crew) {
            total, more, words, number in
            guard !statistics_sum_overflows(total, more, words) else {
                throw GaussianError(files[number].path, "a sum would leave its 64 bits")
            }
            statistics_add(total, more, words)
        }
        return header
    }

    /// The header of the sum of all files' images, and their list.
    /// - Throws: `GaussianError` where there is no file, spaces differ, or they are too many.
    static func sum(
        of files: [StatisticsFile], for path: String, _ images: Images
    ) throws -> (header: StatisticsHeader, images: ImageMultiset?) {
        guard let first = files.first else { throw GaussianError(path, "there are no statistics to add") }
        var (count, samples, clamped) = (Int64(0), Int64(0), Int64(0))
        for file in files {
            try requireSame(first, file)
            guard file.header.count <= Statistics.maximumCount - count else { throw Statistics.tooMany }
            guard file.header.samples <= Statistics.maximumSamples - samples else { throw Statistics.tooManySamples }
            count += file.header.count
            samples += file.header.samples
            let sum = clamped.addingReportingOverflow(file.header.clamped)
            guard !sum.overflow else { throw GaussianError(file.path, "its count of clamped numbers is impossible") }
            clamped = sum.partialValue
        }
        let list = try images.list(files)
        let header = try StatisticsHeader(
            space: first.header.space, count: count, samples: samples, clamped: clamped, images: list?.digest)
        return (header, list)
    }

    /// The images of `whole` without those of `part`, which must all be in it.
    /// - Throws: as `add`; and where `part` has images that are not in `whole`, as far as the sums show it.
    @discardableResult
    public static func subtract(
        _ part: StatisticsFile, from whole: StatisticsFile, to path: String, blockPatches: Int? = nil
    ) throws -> StatisticsHeader {
        let (header, list) = try difference(part, from: whole)
        let block = blockPatches ?? fittingPatches(header.space)
        let check = try DifferenceCheck(header, patches: block)
        let words = Statistics.chunkByteCount(patches: 1, dimension: header.space.dimension) / 8
        try subtract(part, from: whole, to: path, header, list, block) { total, count in
            try check?.isPossible(total, patches: count / words) ?? true
        }
        return header
    }

    /// The same for a part that is known to be in the whole: both are of one job. What is left is not examined.
    /// - Throws: as `add`.
    @discardableResult
    public static func subtract(
        ownPart part: StatisticsFile, from whole: StatisticsFile, to path: String, crew: ThreadCrew
    ) throws -> StatisticsHeader {
        let (header, list) = try difference(part, from: whole)
        try subtract(part, from: whole, to: path, header, list, nil, syncing: false, crew) { _, _ in true }
        return header
    }

    private static func difference(
        _ part: StatisticsFile, from whole: StatisticsFile
    ) throws -> (header: StatisticsHeader, images: ImageMultiset?) {
        try requireSame(whole, part)
        let count = whole.header.count - part.header.count
        let samples = whole.header.samples - part.header.samples
        let clamped = whole.header.clamped - part.header.clamped
        guard count >= 0, samples >= count, clamped >= 0 else {
            throw GaussianError(
                part.path,
                "its \(part.header.count) images cannot be taken out of the \(whole.header.count) in \(whole.path)")
        }
        let list = try images(of: whole, without: part)
        let header = try StatisticsHeader(
            space: whole.header.space, count: count, samples: samples, clamped: clamped, images: list?.digest)
        return (header, list)
    }

    /// - Parameter isPossible: whether so many words of records are sums of images, as far as that is looked at.
    private static func subtract(
        _ part: StatisticsFile, from whole: StatisticsFile, to path: String, _ header: StatisticsHeader,
        _ list: ImageMultiset?, _ block: Int?, syncing: Bool = true, _ crew: ThreadCrew? = nil,
        isPossible: @escaping @Sendable (_ total: UnsafePointer<Int64>, _ words: Int) throws -> Bool
    ) throws {
        do {
            try combine([whole, part], into: path, header, list, block, syncing: syncing, crew) {
                total, more, count, _ in
                guard !statistics_difference_overflows(total, more, count) else {
                    throw GaussianError(part.path, "holds images that are not in \(whole.path)")
                }
                statistics_subtract(total, more, count)
                guard try isPossible(total, count) else {
                    throw GaussianError(part.path, "holds images that are not in \(whole.path)")
                }
            }
        } catch let error as GaussianError where error.subject == path {
            // The difference is no sum of images.
            throw GaussianError(part.path, "holds images that are not in \(whole.path)")
        }
    }

    /// - Throws: `GaussianError` that names an image of `part` that is not in `whole`.
    private static func images(of whole: StatisticsFile, without part: StatisticsFile) throws -> ImageMultiset? {
        guard let all = try whole.images(), let taken = try part.images() else { return nil }
        let (rest, absent) = all.subtracting(taken)
        guard absent == nil else {
            throw GaussianError(
                part.path,
                "holds an image that is not in \(whole.path): the one whose content has the digest \(absent.map(\.description) ?? "")"
            )
        }
        return rest
    }

    /// Takes so many words of one more file into the total; the first file's are in it to begin with.
    private typealias Step =
        @Sendable (
            _ total: UnsafeMutablePointer<Int64>, _ more: UnsafePointer<Int64>, _ words: Int, _ file: Int
        ) throws -> Void

    private static func combine(
        _ files: [StatisticsFile], into path: String, _ header: StatisticsHeader,
        _ images: ImageMultiset?, _ blockPatches: Int?, syncing: Bool = true, _ crew: ThreadCrew? = nil,
        _ step: @escaping Step
    ) throws {
        let shape = try RecordShape(patches: header.space.patches, dimension: header.space.dimension)
        let block = min(max(blockPatches ?? fittingPatches(header.space), 1), shape.patches)
        let merged = MergedFile(writer: try StatisticsFileWriter(path: path, header: header, images: images))
        let totals = try (0..<(crew?.threads ?? 1)).map { _ in try Total(words: block * shape.words) }
        let combineBlock = { @Sendable (index: Int, thread: Int) in
            let patches = index * block..<min((index + 1) * block, shape.patches)
            let (total, words) = (totals[thread].words.pointer, patches.count * shape.words)
            for (number, file) in files.enumerated() {
                try file.withRecords(patches: patches, in: totals[thread].buffer) { more in
                    if number == 0 {
                        total.update(from: more, count: words)
                    } else {
                        try step(total, more, words, number)
                    }
                }
            }
            try merged.writer?.write(UnsafeRawBufferPointer(start: total, count: words * 8), patches: patches)
        }
        let blocks = (shape.patches + block - 1) / block
        if let crew {
            try crew.forEach(blocks, combineBlock)
        } else {
            for index in 0..<blocks { try combineBlock(index, 0) }
        }
        try merged.writer.take()?.commit(syncing: syncing)
    }

    /// So many patches' records stay in the cache.
    private static func fittingPatches(_ space: FeatureSpace) -> Int {
        let record = Statistics.chunkByteCount(patches: 1, dimension: space.dimension)
        return max(blockBytes / record / RecordChecks.together * RecordChecks.together, 1)
    }

    private static func requireSame(_ first: StatisticsFile, _ other: StatisticsFile) throws {
        if let obstacle = first.header.obstacle(toCombiningWith: other.header) {
            throw GaussianError("\(first.path) and \(other.path)", obstacle)
        }
    }
}

extension StatisticsMerge.Images {
    /// - Throws: `GaussianError` where a file's list is damaged.
    fileprivate func list(_ files: [StatisticsFile]) throws -> ImageMultiset? {
        switch self {
        case .known(let images): return images
        case .ofFiles:
            var sum = ImageMultiset()
            for file in files {
                guard let images = try file.images() else { return nil }
                sum = sum.adding(images)
            }
            return sum
        }
    }
}

/// The file under way. Threads only borrow the writer; it is taken out once, when they are done.
private final class MergedFile: @unchecked Sendable {
    var writer: StatisticsFileWriter?

    init(writer: consuming StatisticsFileWriter) { self.writer = consume writer }
}

/// One thread's block of sums.
private final class Total: Sendable {
    let buffer = RecordBuffer()
    let words: AlignedBuffer<Int64>

    init(words count: Int) throws { words = try AlignedBuffer(zeros: count) }
}
