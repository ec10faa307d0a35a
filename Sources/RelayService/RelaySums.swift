import Cluster
import Compute
import Foundation
import Gaussian
import Storage

/// The sums that workers gave a relay, until its parent has them. Used on one thread at a time.
///
/// They are files, each without a name once it is whole: memory grows neither with the number of workers nor with their sums, and nothing
/// is left of a relay that is killed but what was being written, which the next one removes.
package final class RelaySums {
    /// What the disk has gained as leftovers of other relays were removed, in bytes.
    let freed: Int64
    private let shared: String
    private var folder: ScratchFolder
    /// How many workers hand over their sums at once, at most.
    private let uploads: Int
    private let crew: ThreadCrew
    private var space: FeatureSpace?
    private var open: [UploadID: OpenPartial] = [:]
    private var kept: [StatisticsFile] = []
    /// How many files have got a name.
    private var named = 0
    /// How many files this relay may have at once, and the bytes of each.
    private var reserved: (files: Int, each: Int64) = (0, 0)

    private final class OpenPartial {
        let path: String
        var writer: StatisticsFileWriter?

        init(path: String, writer: consuming StatisticsFileWriter) {
            self.path = path
            self.writer = consume writer
        }
    }

    /// So many files are added up at once, so that the disk does not fill; fewer where it has no room for them.
    private static let usualMost = 8
    private var mostKept = usualMost
    /// Any positive number lets all sums of images pass. The coordinator looks again, by the epsilon of its job.
    private static let epsilon = 0.01

    /// - Parameters:
    ///   - shared: a folder for sums, which other relays may share.
    ///   - uploads: how many workers hand over their sums at once, at most.
    ///   - threads: that add them up.
    /// - Throws: `StorageError` where nothing can be written there.
    package init(folder shared: String, uploads: Int, threads: Int) throws {
        (self.shared, self.uploads) = (shared, uploads)
        crew = ThreadCrew(threads: max(1, threads))
        try Folder.create(shared)
        freed = ScratchFolder.removeLeftovers(in: shared)
        folder = try ScratchFolder(in: shared)
        // Better known now than when the first worker has done its work.
        try ScratchSpace(folder: shared).requireWritable(newPath())
    }

    /// Looks whether the disk has room for the sums to come, beside those of other relays, and claims it.
    /// - Returns: for how many files, no more than are needed; nil where no sums are to come.
    /// - Throws: `StorageError` where there is less than the least that is needed.
    package func reserve() throws -> Int? {
        guard let space else { return nil }
        // A cleaner of old files may have removed it since the last stage.
        if !folder.isThere {
            try Folder.create(shared)
            folder = try ScratchFolder(in: shared)
        }
        let size = Int64(Statistics.chunkByteCount(patches: space.patches, dimension: space.dimension))
        let files = try folder.alone {
            let most = Self.usualMost + uploads
            let room = try ScratchSpace(folder: shared).files(
                of: size, most: 2 * most, claimed: folder.claimsOfOthers())
            // What this relay could do without is left to others.
            let files = min(most, max(ScratchSpace.leastFiles, room / 2))
            reserved = (files, ScratchSpace.bytesOfFile(of: size))
            claim(holding: 0)
            return files
        }
        mostKept = max(2, min(Self.usualMost, files - RelayCore.uploads(files: files, most: uploads)))
        return files
    }

    /// Whether the folder for sums still exists.
    var hasFolder: Bool { folder.isThere }

    package func begin(_ space: FeatureSpace?) {
        release()
        self.space = space
    }

    /// Drops all sums, and gives up the room that was claimed.
    func release() {
        reserved = (0, 0)
        reset()
    }

    /// Drops all sums; others are to come.
    func reset() {
        claim(holding: 0)
        (open, kept) = ([:], [])
    }

    /// Tells other relays how much more room this one needs, where it has so many files. Before files go it says so, and when files have come: so
    /// nobody is promised what this relay has.
    private func claim(holding files: Int) {
        let (bytes, overflow) = Int64(max(0, reserved.files - files)).multipliedReportingOverflow(by: reserved.each)
        folder.claim(overflow ? .max : bytes)
    }

    package func create(_ upload: UploadID, images: Int64, clamped: Int64, samples: Int64) throws {
        guard let space, images > 0 else { return }
        let header = try StatisticsHeader(space: space, count: images, samples: samples, clamped: clamped)
        let path = newPath()
        open[upload] = OpenPartial(path: path, writer: try StatisticsFileWriter(path: path, header: header))
        claim(holding: open.count + kept.count)
    }

    /// - Returns: why no images have such sums; nil where it is stored, or nothing is to be.
    func write(_ bytes: [UInt8], patches: Range<Int>, to upload: UploadID) throws -> String? {
        do {
            try bytes.withUnsafeBytes { try open[upload]?.writer?.write($0, patches: patches) }
            return nil
        } catch let error as GaussianError {
            drop(upload)
            return "\(error)"
        }
    }

    package func drop(_ upload: UploadID) {
        guard open[upload] != nil else { return }
        claim(holding: open.count + kept.count - 1)
        open[upload] = nil
    }

    /// Keeps sums that are whole.
    /// - Returns: why no images have such sums; nil where they are kept, or there are none.
    func keep(_ upload: UploadID) throws -> String? {
        guard let partial = open.removeValue(forKey: upload), let writer = partial.writer.take() else { return nil }
        defer { claim(holding: open.count + kept.count) }
        do {
            _ = try writer.commit(syncing: false)
        } catch let error as GaussianError {
            return "\(error)"
        }
        let file = try taken(partial.path)
        if let patch = try SumsExamination.fault(in: file, epsilon: Self.epsilon, crew: crew) {
            return "no \(file.header.count) images have the covariances of patch \(patch)"
        }
        kept.append(file)
        if kept.count >= mostKept { _ = try sum() }
        return nil
    }

    /// All that was kept, as one; nil where no image is in it.
    func sum() throws -> StatisticsFile? {
        guard kept.count > 1 else { return kept.first }
        let path = newPath()
        try StatisticsMerge.add(kept, to: path, images: .known(nil), syncing: false, crew: crew)
        let sum = try taken(path)
        claim(holding: open.count + 1)
        kept = [sum]
        return sum
    }

    /// A chunk of the sum.
    /// - Returns: nil where there is no such chunk.
    func chunk(_ index: Int, of chunkPatches: Int) throws -> [UInt8]? {
        guard let space, chunkPatches > 0 else { return nil }
        let (first, overflow) = index.multipliedReportingOverflow(by: chunkPatches)
        guard !overflow, (0..<space.patches).contains(first) else { return nil }
        let patches = first..<min(first + chunkPatches, space.patches)
        let byteCount = Statistics.chunkByteCount(patches: patches.count, dimension: space.dimension)
        guard let sum = try sum() else { return [UInt8](repeating: 0, count: byteCount) }
        return try sum.withRecords(patches: patches) { records in
            [UInt8](UnsafeRawBufferPointer(start: records, count: byteCount))
        }
    }

    func chunks(of chunkPatches: Int) -> Int {
        guard let patches = space?.patches, chunkPatches > 0 else { return 0 }
        return (patches + chunkPatches - 1) / chunkPatches
    }

    /// Opens a file and takes its name away.
    private func taken(_ path: String) throws -> StatisticsFile {
        defer { unlink(path) }
        return try StatisticsFile(path: path, followsLinks: false)
    }

    private func newPath() -> String {
        named += 1
        return "\(folder.path)/\(ScratchFolder.filePrefix)\(named)"
    }
}
