import CKernels
import Compute
import Foundation
import Settings
import Storage
import Tensors

/// The files of statistics and of a model that several machines make of partial statistics (`RangeMerge`): begun under temporary names, and
/// given their names when all ranges are there.
///
/// Neither holds more than a few pages of sums, however large the files are. Used by one thread at a time.
public final class MergeTarget: @unchecked Sendable {
    /// What was made.
    public struct Made: Sendable {
        /// Of the model's file.
        public let model: Digest
        /// Of the sums, as `StatisticsFile.contentDigest()` gives it.
        public let sums: Digest
        public let shareOfZeroChannels: Double
    }

    /// Of the sums.
    public let header: StatisticsHeader
    private let modelHeader: ModelHeader
    private var statistics: SafetensorsWriter?
    private var model: SafetensorsWriter?
    private let statisticsPlaces: RangePlaces
    private let modelPlaces: RangePlaces
    private let modelChecks: RecordChecks
    /// The sums of the numerators of all covariances, where shrinkage needs them.
    private let totals: WideTotals?

    /// Reserves both files.
    /// - Parameters:
    ///   - files: whose sum it will be.
    ///   - images: those that the sums will be of.
    /// - Throws: as `StatisticsMerge.add` and `ModelBuilder.build`.
    public init(
        of files: [StatisticsFile], images: StatisticsMerge.Images, _ settings: ModelSettings,
        statistics path: String, model modelPath: String
    ) throws {
        let (header, list) = try StatisticsMerge.sum(of: files, for: path, images)
        let space = header.space
        self.header = header
        modelHeader = try ModelHeader(space: space, count: header.count, samples: header.samples, settings: settings)
        let metadata = try FileMetadata(kind: StatisticsFormat.kind, version: header.formatVersion, header: header)
        let modelMetadata = try FileMetadata(
            kind: ModelFormat.kind, version: modelHeader.formatVersion, header: modelHeader)
        let statistics = try StatisticsFileWriter.begin(path, metadata, list)
        let model = try ModelWriter.begin(modelPath, modelHeader, modelMetadata)
        let shape = try RecordShape(patches: space.patches, dimension: space.dimension)
        statisticsPlaces = try RangePlaces(ofStatistics: shape) { try statistics.place(of: $0) }
        modelPlaces = try RangePlaces(ofModel: space.dimension) { try model.place(of: $0) }
        modelChecks = RecordChecks(seed: modelMetadata.seed)
        totals =
            settings.shrinkage.pooledImages == nil ? nil : try WideTotals(dimension: space.dimension)
        self.statistics = consume statistics
        self.model = consume model
    }

    /// The passes that the files are made in.
    public var passes: [MergePass] { totals == nil ? [.both] : [.sums, .model] }

    /// Where the files are until they have their names.
    public var temporaryPaths: (statistics: String, model: String)? {
        guard let statistics = statistics?.temporaryPath, let model = model?.temporaryPath else { return nil }
        return (statistics, model)
    }

    /// The ranges to deal: small enough that little is done again where a machine dies, and large enough that what is sent is little.
    public var ranges: [Range<Int>] {
        let (patches, record) = (header.space.patches, statisticsPlaces.rows[1].width)
        let step = min(Self.rangeBytes / record, (patches + Self.fewestRanges - 1) / Self.fewestRanges)
        let whole = max((step + Self.together - 1) / Self.together * Self.together, Self.together)
        return stride(from: 0, to: patches, by: whole).map { $0..<min($0 + whole, patches) }
    }

    /// Bytes of a range's records, about.
    private static let rangeBytes = 32 << 20
    private static let fewestRanges = 8
    /// Patches that threads take at a time.
    private static let together = 16

    /// How many bytes a range's share has that is sent.
    public func byteCount(of patches: Range<Int>, _ pass: MergePass) -> Int {
        (pass.makesSums ? statisticsPlaces.sentByteCount(patches) : 0)
            + (pass.makesModel ? modelPlaces.sentByteCount(patches) : 0)
            + (pass == .sums ? WideTotals.byteCount(dimension: header.space.dimension) : 0)
    }

    /// Takes what `RangeMerge.merge` gave of a range that was not taken in this pass before.
    /// - Throws: `GaussianError` where it has another size, or there are no such patches; `StorageError`.
    public func take(_ patches: Range<Int>, _ bytes: [UInt8], _ pass: MergePass) throws {
        guard patches.lowerBound >= 0, patches.upperBound <= header.space.patches, !patches.isEmpty else {
            throw GaussianError("patches \(patches)", "are not patches of the sums, which have \(header.space.patches)")
        }
        let due = byteCount(of: patches, pass)
        guard bytes.count == due else {
            throw GaussianError("patches \(patches)", "came as \(bytes.count) bytes, where \(due) are due")
        }
        try bytes.withUnsafeBytes { bytes in
            var next = 0
            func piece(_ count: Int) -> UnsafeRawBufferPointer {
                defer { next += count }
                return UnsafeRawBufferPointer(rebasing: bytes[next..<next + count])
            }
            if pass.makesSums {
                for place in statisticsPlaces.sent(of: patches) {
                    try statistics?.write(piece(place.count), atFileByte: place.lowerBound)
                }
            }
            if pass.makesModel {
                for place in modelPlaces.sent(of: patches) {
                    try model?.write(piece(place.count), atFileByte: place.lowerBound)
                }
            }
            if pass == .sums { try totals?.add(bytes: piece(WideTotals.byteCount(dimension: header.space.dimension))) }
        }
    }

    /// What the model's pass needs of that of the sums, once all ranges were taken. Whoever opens the file of sums finds them there.
    public func pooled() throws -> [UInt8] {
        try statistics?.syncContent()
        return totals.map { Array($0.sums.bytes) } ?? []
    }

    /// Looks whether all ranges are there, undamaged, has the files on the disk, and gives them their names.
    /// - Parameter isStillWritten: whether a machine may be writing in the files, though all that it writes is there: then their content goes
    ///   on in files that it does not have.
    /// - Throws: `GaussianError` where numbers of a patch are not those that were written; `StorageError`.
    public func finish(isStillWritten: Bool, crew: ThreadCrew) throws -> Made {
        if isStillWritten {
            statistics = try statistics.take()?.replica()
            model = try model.take()?.replica()
        }
        guard let paths = temporaryPaths else { throw GaussianError("model", "was finished before") }
        // Opened anew: a network file system then tells what other machines have written.
        let sums = try StatisticsFile(path: paths.statistics, followsLinks: false)
        // The disk is waited for while the files are read.
        let synced = SyncsUnderWay([
            { try self.model?.syncContent() }, { try self.statistics?.syncContent() },
        ])
        defer { synced.wait() }
        let found = try verify(sums, model: try PinnedFile(path: paths.model), crew)
        try synced.end()
        guard let statistics = statistics.take(), let model = model.take() else {
            throw GaussianError("model", "was finished before")
        }
        let zeros = try sums.shareOfZeroChannels()
        try statistics.commit()
        try model.commit()
        return Made(model: found, sums: sums.contentDigest(), shareOfZeroChannels: zeros)
    }

    /// - Returns: the digest of the model's file.
    private func verify(_ sums: StatisticsFile, model: PinnedFile, _ crew: ThreadCrew) throws -> Digest {
        let (patches, places, checks) = (header.space.patches, modelPlaces, modelChecks)
        let block = RecordChecks.together
        let readers = try (0..<crew.threads).map { _ in try ModelRows(places, patches: block) }
        let digest = Locked<Digest?>(nil)
        // The digest goes first: it is one thread's work, and the others' last.
        try crew.forEach(1 + (patches + block - 1) / block) { task, thread in
            guard task > 0 else {
                let found = try model.digest()
                return digest.withLock { $0 = found }
            }
            let range = (task - 1) * block..<min(task * block, patches)
            try sums.withRecords(patches: range, in: readers[thread].records) { _ in }
            try readers[thread].withRows(of: model, range) { expected, means, whitening in
                let isWritten = checks.checks(of: range, means, whitening).withUnsafeBytes {
                    $0.elementsEqual(expected)
                }
                guard isWritten, Self.areFinite(means), Self.areFinite(whitening) else {
                    throw GaussianError(model.path, "the numbers of patches \(range) are not those that were made")
                }
            }
        }
        guard let found = digest.withLock({ $0 }) else { throw GaussianError(model.path, "was not read") }
        return found
    }

    private static func areFinite(_ floats: UnsafeRawBufferPointer) -> Bool {
        guard let start = floats.baseAddress else { return true }
        return statistics_all_finite(start.assumingMemoryBound(to: Float.self), floats.count / 4)
    }
}

/// One thread's buffer for a model's rows: checks, means and whitening matrices. Used by one thread at a time.
private final class ModelRows: @unchecked Sendable {
    /// For the sums that are looked at beside them.
    let records = RecordBuffer()
    private let places: RangePlaces
    private let buffer: AlignedBuffer<UInt64>

    init(_ places: RangePlaces, patches: Int) throws {
        self.places = places
        buffer = try AlignedBuffer(zeros: places.rows.reduce(0) { $0 + ($1.width * patches + 7) / 8 })
    }

    /// Valid only inside the closure.
    func withRows(
        of model: PinnedFile, _ patches: Range<Int>,
        _ body: (_ checks: UnsafeRawBufferPointer, _ means: UnsafeRawBufferPointer, _ whitening: UnsafeRawBufferPointer)
            throws -> Void
    ) throws {
        var start = 0
        let rows = try places.rows.map { rows in
            let bytes = rows.bytes(of: patches)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[start..<start + bytes.count])
            try model.read(at: Int64(bytes.lowerBound), into: part)
            start += (bytes.count + 7) / 8 * 8
            return UnsafeRawBufferPointer(part)
        }
        try body(rows[0], rows[1], rows[2])
    }
}
