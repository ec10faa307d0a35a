import Cluster
import Compute
import Foundation
import Gaussian
import JobRules
import Journal
import Storage

/// The files of a job's directory. Used on one thread at a time, but for `expect`.
package final class JobDirectoryFiles: JobFiles {
    private let directory: JobDirectory
    private let expected = Locked<(space: FeatureSpace, epsilon: Double)?>(nil)
    private var open: [UploadID: OpenPartial] = [:]
    private var folders: Set<String> = []
    private let fileSystem: FileSystemOf
    private lazy var crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)

    private final class OpenPartial {
        let file: String
        var writer: StatisticsFileWriter?

        init(file: String, writer: consuming StatisticsFileWriter) {
            self.file = file
            self.writer = consume writer
        }
    }

    package init(_ directory: JobDirectory) throws {
        self.directory = directory
        fileSystem = try FileSystemOf(folder: directory.path)
    }

    /// What the partials to come are about, and what the model will add to their covariances' diagonals. On any thread.
    package func expect(_ space: FeatureSpace, epsilon: Double) { expected.withLock { $0 = (space, epsilon) } }

    // MARK: Partials under way

    package func createPartial(_ upload: UploadID, images: Int64, samples: Int64, clamped: Int64) throws {
        guard let space = expected.withLock({ $0?.space }) else {
            throw GaussianError("upload \(upload)", "is of a stage that makes no sums")
        }
        let header = try StatisticsHeader(space: space, count: images, samples: samples, clamped: clamped)
        let file = JobLayout.partial(of: upload)
        open[upload] = OpenPartial(
            file: file, writer: try StatisticsFileWriter(path: directory.partial(file), header: header))
    }

    package func write(_ bytes: [UInt8], patches: Range<Int>, toPartial upload: UploadID) throws {
        do {
            try bytes.withUnsafeBytes { try open[upload]?.writer?.write($0, patches: patches) }
        } catch let error as GaussianError {
            throw ImpossibleSums("\(error)")
        }
    }

    package func syncPartial(_ upload: UploadID) throws { try open[upload]?.writer?.syncContent() }

    package func namePartial(_ upload: UploadID) throws -> PartialRecord {
        guard let partial = open[upload], let writer = partial.writer.take() else {
            throw GaussianError("upload \(upload)", "has no file to be named")
        }
        let header = writer.header
        return PartialRecord(
            file: partial.file, images: Int(header.count), clamped: header.clamped,
            digest: try writer.commit(syncing: false))
    }

    package func closePartial(_ upload: UploadID) { open[upload] = nil }

    // MARK: Partials that workers write

    package func adoptPartial(_ upload: UploadID, _ written: WrittenSums) throws -> PartialRecord {
        guard let space = expected.withLock({ $0?.space }) else {
            throw NotAsWritten("upload \(upload) is of a stage that makes no sums")
        }
        let (name, path) = (JobLayout.partial(of: upload), directory.partial(JobLayout.partial(of: upload)))
        guard WrittenArtifact.isThere(path, byteCount: written.byteCount) else {
            throw NotAsWritten("\(path) is not there, or no file of \(written.byteCount) bytes")
        }
        do {
            let file = try StatisticsFile(path: path, followsLinks: false)
            let header = try StatisticsHeader(
                space: space, count: written.images, samples: written.samples, clamped: written.clamped)
            guard file.header == header else {
                let reason = file.header.obstacle(toCombiningWith: header) ?? "it counts other images"
                throw NotAsWritten("the header of \(path) is not that of this job's sums: \(reason)")
            }
            guard file.contentDigest() == written.digest else {
                throw NotAsWritten("\(path) has another digest than it says")
            }
        } catch let other as NotAsWritten {
            throw other
        } catch {
            throw NotAsWritten("the file cannot be read: \(error)")
        }
        return PartialRecord(
            file: name, images: Int(written.images), clamped: written.clamped, digest: written.digest)
    }

    package func removeWritten(_ upload: UploadID) {
        let path = directory.partial(JobLayout.partial(of: upload))
        unlink(path)
        DurableFile.removeLeftovers(of: path)
    }

    // MARK: Partials with names

    package func syncPartialNames() throws { try Folder.sync(directory.partials) }

    package func faultOfSums(inPartial file: String) throws -> String? {
        guard let epsilon = expected.withLock({ $0?.epsilon }) else { return nil }
        do {
            let file = try StatisticsFile(path: directory.partial(file), followsLinks: false)
            return try SumsExamination.fault(in: file, epsilon: epsilon, crew: crew).map {
                "no \(file.header.count) images have the covariances of patch \($0)"
            }
        } catch let damage as GaussianError {
            throw NotAsWritten("its file is not sound: \(damage)")
        }
    }

    package func damage(of partial: PartialRecord) -> String? {
        do {
            let file = try StatisticsFile(path: directory.partial(partial.file))
            try file.verify()
            guard file.header.count == Int64(partial.images) else {
                throw GaussianError(file.path, "holds \(file.header.count) images, not \(partial.images)")
            }
            // Earlier releases took the digest of the whole file.
            guard try file.contentDigest() == partial.digest || Digest(ofFile: file.path) == partial.digest else {
                throw GaussianError(file.path, "is another one than the job committed")
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    package func addUp(_ partials: [PartialRecord], into file: String) throws -> PartialRecord {
        let path = directory.partial(file)
        let files = try partials.map { try StatisticsFile(path: directory.partial($0.file)) }
        let header = try StatisticsMerge.add(files, to: path, syncing: false)
        return PartialRecord(
            file: file, images: Int(header.count), clamped: header.clamped,
            digest: try StatisticsFile(path: path).contentDigest())
    }

    package func subtract(_ part: [PartialRecord], from whole: [PartialRecord], into file: String) throws
        -> PartialRecord?
    {
        let images = whole.reduce(0) { $0 + $1.images } - part.reduce(0) { $0 + $1.images }
        guard images > 0 else { return nil }
        let path = directory.partial(file)
        let (all, some) = (file + "-whole", file + "-part")
        defer { deletePartials([all, some]) }
        _ = try (addUp(whole, into: all), addUp(part, into: some))
        let header = try StatisticsMerge.subtract(
            StatisticsFile(path: directory.partial(some)), from: StatisticsFile(path: directory.partial(all)), to: path)
        return PartialRecord(
            file: file, images: Int(header.count), clamped: header.clamped,
            digest: try StatisticsFile(path: path).contentDigest())
    }

    package func syncContent(ofPartial file: String) throws { try DurableFile.sync(directory.partial(file)) }

    package func deletePartials(_ files: [String]) { for file in files { unlink(directory.partial(file)) } }

    // MARK: Artifacts

    package func hasArtifact(_ place: String) -> Bool { WrittenArtifact.isThere(directory.inside(place)) }

    package func publishArtifact(_ bytes: [UInt8], at place: String) throws {
        let path = directory.inside(place)
        let folder = Folder.parent(of: path)
        if folders.insert(folder).inserted { try Folder.create(folder) }
        try DurableFile.publish(bytes, to: path)
    }

    package func syncArtifacts() throws { try fileSystem.sync() }
}
