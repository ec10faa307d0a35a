import CKernels
import Compute
import Foundation
import Storage
import Tensors

/// A machine's share of a merge: it adds up some patches of all files, inverts their covariances, and writes both into files that
/// `MergeTarget` has begun. A range's bytes are a function of the files alone, so whoever does it, and however often, they are the same.
public final class RangeMerge {
    private let pass: MergePass
    private let files: [StatisticsFile]
    private let statistics: TargetFile<StatisticsHeader>
    private let model: TargetFile<ModelHeader>?
    private let threads: [RangeThread]
    private let crew: ThreadCrew
    private let block: Int

    /// - Parameters:
    ///   - files: those to add up, and the digests of their contents; none: the sums are in `statistics` already.
    ///   - statistics: where `MergeTarget` has begun them.
    ///   - model: the same of the model; nil: none is made yet.
    ///   - pooled: what `MergeTarget.pooled` gave, where the model is made in a pass of its own.
    /// - Throws: `GaussianError` where a file is none of these, is damaged, or they do not belong together; `TensorError`, `StorageError`,
    ///   `OutOfMemory`.
    public init(
        of files: [(path: String, digest: Digest)], statistics: String, model: String?, pooled: [UInt8]? = nil,
        crew: ThreadCrew,
        instructionSet: InstructionSet
    ) throws {
        self.crew = crew
        pass = files.isEmpty ? .model : model == nil ? .sums : .both
        self.files = try files.map { path, digest in
            let file = try StatisticsFile(path: path)
            guard file.contentDigest() == digest else {
                throw GaussianError(path, "holds other sums than those that are to be merged")
            }
            return file
        }
        let target = try TargetFile(statistics: statistics)
        self.statistics = target
        self.model = try model.map { try TargetFile(model: $0) }
        let header = target.header
        if pass.makesSums {
            let sum = try StatisticsMerge.sum(of: self.files, for: statistics, .known(nil)).header
            guard sum.space == header.space, sum.count == header.count, sum.samples == header.samples else {
                throw GaussianError(statistics, "is of other sums than those of the \(files.count) partials")
            }
        }
        if let header = self.model?.header {
            guard header.space == target.header.space, header.samples == target.header.samples else {
                throw GaussianError(statistics, "is of other sums than the model is of")
            }
        }
        guard pass != .sums || self.model == nil, pass != .model || self.model != nil else {
            throw GaussianError(statistics, "neither sums nor a model are to be made")
        }
        if pass.makesSums { try target.requireWritable() }
        try self.model?.requireWritable()
        let packed = ModelFormat.packed(header.space.dimension)
        block = ModelBuilder.blockPatches(packed: packed)
        let shrinkage = try self.model.flatMap { model in
            try Self.shrinkage(model.header, pooled, count: header.samples)
        }
        let (pass, block, modelHeader) = (pass, block, self.model?.header)
        threads = try (0..<crew.threads).map { _ in
            try RangeThread(
                header, modelHeader, pass, block: block, instructionSet: instructionSet, shrinkage: shrinkage)
        }
    }

    private static func shrinkage(
        _ header: ModelHeader, _ pooled: [UInt8]?, count: Int64
    ) throws -> PooledCovariance? {
        guard let images = header.settings.shrinkage.pooledImages else { return nil }
        guard let pooled, pooled.count == WideTotals.byteCount(dimension: header.space.dimension) else {
            throw GaussianError("model", "what its covariances are drawn towards is not there, or is of another size")
        }
        let totals = try WideTotals(dimension: header.space.dimension)
        try pooled.withUnsafeBytes { try totals.add(bytes: $0) }
        return try PooledCovariance(header, images: images, totals: totals, count: count)
    }

    /// - Returns: what `MergeTarget.take` is to have.
    /// - Throws: `GaussianError` where there are no such patches, a file is damaged or a sum too large; `CovarianceFault` where a covariance
    ///   is not positive definite; `StorageError`.
    public func merge(_ patches: Range<Int>) throws -> [UInt8] {
        let shape = statistics.shape
        try shape.require(patches, statistics.path)
        guard !patches.isEmpty else { throw GaussianError(statistics.path, "a range without patches is to be merged") }
        let sums = pass.makesSums ? try statistics.output(patches) : nil
        let parameters = pass.makesModel ? try model?.output(patches) : nil
        let sources = pass.makesSums ? files : [try StatisticsFile(path: statistics.path, followsLinks: false)]
        let (threads, block, statistics, model) = (threads, block, statistics, model)
        for thread in threads { thread.numerators?.reset() }
        try crew.forEach((patches.count + block - 1) / block) { index, number in
            let first = patches.lowerBound + index * block
            let range = first..<min(first + block, patches.upperBound)
            let thread = threads[number]
            try thread.add(sources, range)
            if let sums { try thread.putSums(into: sums, range, statistics) }
            if let parameters, let model { try thread.putModel(into: parameters, range, model) }
        }
        var sent = try sums?.finish() ?? []
        sent += try parameters?.finish() ?? []
        guard pass == .sums, let total = threads[0].numerators else { return sent }
        for other in threads.dropFirst() {
            if let more = other.numerators { total.add(more) }
        }
        return sent + Array(total.sums.bytes)
    }
}

/// A file of a merge that another process has begun: its header is there, and where its tensors are follows from it.
struct TargetFile<Header: Codable & Equatable & Sendable>: Sendable {
    let path: String
    let header: Header
    let checks: RecordChecks
    let shape: RecordShape
    let places: RangePlaces
    private let byteCount: Int

    /// - Throws: `StorageError` where this process may not write to the file.
    func requireWritable() throws { try PieceWriter(path: path, byteCount: byteCount).finish() }

    func output(_ patches: Range<Int>) throws -> RangeOutput {
        try RangeOutput(path, byteCount: byteCount, places: places, patches: patches)
    }
}

extension TargetFile<StatisticsHeader> {
    init(statistics path: String) throws {
        let mapped = try MappedFile(path: path, followsLinks: false)
        let file = try SafetensorsFile(mapped)
        let metadata = try FileMetadata<StatisticsHeader>(
            reading: file.metadata, kind: StatisticsFormat.kind, newest: StatisticsFormat.newest, path: path)
        let space = metadata.header.space
        let shape = try RecordShape(patches: space.patches, dimension: space.dimension)
        for tensor in try StatisticsFormat.tensors(shape, metadata.header) where file[tensor.name] != tensor {
            throw GaussianError(
                path, "tensor '\(tensor.name)' is not \(tensor.type.rawValue) \(tensor.shape), as its header says")
        }
        (self.path, header, self.shape) = (path, metadata.header, shape)
        (checks, byteCount) = (RecordChecks(seed: metadata.seed), mapped.count)
        places = try RangePlaces(ofStatistics: shape, place: file.place(of:))
    }
}

extension TargetFile<ModelHeader> {
    init(model path: String) throws {
        let mapped = try MappedFile(path: path, followsLinks: false)
        let file = try SafetensorsFile(mapped)
        let metadata = try FileMetadata<ModelHeader>(
            reading: file.metadata, kind: ModelFormat.kind, newest: ModelFormat.newest, path: path)
        let space = metadata.header.space
        for tensor in try ModelFormat.tensors(metadata.header) where file[tensor.name] != tensor {
            throw GaussianError(
                path, "tensor '\(tensor.name)' is not \(tensor.type.rawValue) \(tensor.shape), as its header says")
        }
        (self.path, header) = (path, metadata.header)
        shape = try RecordShape(patches: space.patches, dimension: space.dimension)
        (checks, byteCount) = (RecordChecks(seed: metadata.seed), mapped.count)
        places = try RangePlaces(ofModel: space.dimension, place: file.place(of:))
    }
}

/// One thread's workspace of a merge. Used by one thread at a time.
private final class RangeThread: @unchecked Sendable {
    private let header: StatisticsHeader
    private let words: Int
    private let buffer = RecordBuffer()
    private let total: AlignedBuffer<Int64>
    private let inversion: Whitening?
    private let means: AlignedBuffer<Float>
    private let whitening: AlignedBuffer<Float>
    let numerators: WideTotals?

    init(
        _ header: StatisticsHeader, _ model: ModelHeader?, _ pass: MergePass, block: Int,
        instructionSet: InstructionSet, shrinkage: PooledCovariance?
    ) throws {
        let dimension = header.space.dimension
        self.header = header
        words = statistics_record_words(dimension)
        total = try AlignedBuffer(zeros: block * words)
        inversion = try model.map { try Whitening($0, instructionSet, shrinkage: shrinkage) }
        means = try AlignedBuffer(zeros: model == nil ? 0 : block * dimension)
        whitening = try AlignedBuffer(zeros: model == nil ? 0 : block * ModelFormat.packed(dimension))
        numerators = pass == .sums ? try WideTotals(dimension: dimension) : nil
    }

    /// Adds the files' records up, a few patches at a time: they stay in the cache from one file to the next.
    func add(_ files: [StatisticsFile], _ patches: Range<Int>) throws {
        for begin in stride(from: patches.lowerBound, to: patches.upperBound, by: RecordChecks.together) {
            let few = begin..<min(begin + RecordChecks.together, patches.upperBound)
            let (sum, count) = (total.pointer + (begin - patches.lowerBound) * words, few.count * words)
            for (number, file) in files.enumerated() {
                try file.withRecords(patches: few, in: buffer) { more in
                    guard number > 0 else { return sum.update(from: more, count: count) }
                    guard !statistics_sum_overflows(sum, more, count) else {
                        throw GaussianError(file.path, "a sum would leave its 64 bits")
                    }
                    statistics_add(sum, more, count)
                }
            }
        }
    }

    func putSums(into output: RangeOutput, _ patches: Range<Int>, _ file: TargetFile<StatisticsHeader>) throws {
        var sums: [UInt64] = []
        let dimension = Int32(header.space.dimension)
        try file.checks.forEachRecord(patches, total.pointer, words: words) { patch, record, check in
            guard statistics_plausible(record, dimension, header.samples) else {
                throw GaussianError(file.path, "patch \(patch) has sums that no \(header.samples) samples give")
            }
            numerators?.add(record, count: header.samples)
            sums.append(check)
        }
        try sums.withUnsafeBytes { try output.put($0, tensor: 0, patches: patches) }
        try output.put(
            UnsafeRawBufferPointer(start: total.pointer, count: 8 * patches.count * words), tensor: 1,
            patches: patches)
    }

    func putModel(into output: RangeOutput, _ patches: Range<Int>, _ file: TargetFile<ModelHeader>) throws {
        guard let inversion else { return }
        do {
            try inversion.invert(
                total.pointer, patches: patches.count, means: means.pointer, whitening: whitening.pointer)
        } catch let failure as Whitening.Failure {
            throw failure.explained(file.header, first: patches.lowerBound, path: file.path)
        }
        let dimension = header.space.dimension
        let mean = UnsafeRawBufferPointer(start: means.pointer, count: 4 * patches.count * dimension)
        let matrix = UnsafeRawBufferPointer(
            start: whitening.pointer, count: 4 * patches.count * ModelFormat.packed(dimension))
        let checks = file.checks.checks(of: patches, mean, matrix)
        try checks.withUnsafeBytes { try output.put($0, tensor: 0, patches: patches) }
        try output.put(mean, tensor: 1, patches: patches)
        try output.put(matrix, tensor: 2, patches: patches)
    }
}
