import Compute
import Storage
import Tensors

/// The model file under way, written by several threads.
final class ModelWriter: @unchecked Sendable {
    // Threads only borrow it, for writes at different places; it is taken out once, when they are done.
    private var file: SafetensorsWriter?
    private let space: FeatureSpace
    private let checks: RecordChecks

    /// - Parameter calibration: that the header is of.
    init(path: String, header: ModelHeader, calibration: Calibration? = nil) throws {
        let metadata = try FileMetadata(kind: ModelFormat.kind, version: header.formatVersion, header: header)
        space = header.space
        checks = RecordChecks(seed: metadata.seed)
        file = try Self.begin(path, header, metadata)
        for content in calibration.map({ CalibrationFormat.contents(of: $0) }) ?? [] {
            try content.bytes.withUnsafeBytes { _ = try file?.write($0, to: content.name) }
        }
    }

    /// Begins a file: its header, and the region that the header has.
    static func begin(
        _ path: String, _ header: ModelHeader, _ metadata: FileMetadata<ModelHeader>
    ) throws -> SafetensorsWriter {
        let file = try SafetensorsWriter(path: path, tensors: ModelFormat.tensors(header), metadata: metadata.entries)
        if let region = header.settings.region {
            try region.bits.withUnsafeBytes { try file.write($0, to: RegionFormat.name) }
        }
        return file
    }

    /// Writes the parameters of some patches, one after the other.
    func write(mean: UnsafePointer<Float>, whitening: UnsafePointer<Float>, patches: Range<Int>) throws {
        let (dimension, packed) = (space.dimension, ModelFormat.packed(space.dimension))
        let sums = checks.checks(
            of: patches, UnsafeRawBufferPointer(start: mean, count: patches.count * dimension * 4),
            UnsafeRawBufferPointer(start: whitening, count: patches.count * packed * 4))
        try put(mean, patches, width: dimension, ModelFormat.mean)
        try put(whitening, patches, width: packed, ModelFormat.whitening)
        try sums.withUnsafeBytes { try file?.write($0, to: ModelFormat.checks, atByte: 8 * patches.lowerBound) }
    }

    /// Syncs the file and gives it its name. While the disk works, the crew takes the digest.
    /// - Parameter syncing: whether the file is to survive a power cut.
    /// - Returns: the digest of the file.
    func commit(_ crew: ThreadCrew, syncing: Bool = true) throws -> Digest {
        let digest = Locked<Digest?>(nil)
        try crew.forEach(2) { task, _ in
            if task == 0 {
                if syncing { try self.file?.syncContent() }
            } else {
                let found = try self.file?.digest()
                digest.withLock { $0 = found }
            }
        }
        guard let whole = file.take(), let found = digest.withLock({ $0 }) else {
            throw GaussianError("model", "was committed before")
        }
        if syncing { try whole.commit() } else { try whole.publish() }
        return found
    }

    private func put(_ start: UnsafePointer<Float>, _ patches: Range<Int>, width: Int, _ tensor: String) throws {
        let bytes = UnsafeRawBufferPointer(start: start, count: patches.count * width * 4)
        try file?.write(bytes, to: tensor, atByte: patches.lowerBound * width * 4)
    }
}
