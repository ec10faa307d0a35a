import Cluster
import Foundation
import Gaussian
import JobRules
import Journal
import Storage

/// The files of a job's directory. Used on one thread at a time, but for `expect` and `lookAhead`.
package final class JobDirectoryFiles: JobFiles {
    private let directory: JobDirectory
    private let expected = Locked<(space: FeatureSpace, epsilon: Double, weights: FingerprintWeights?)?>(nil)
    private let merging = Locked<(target: MergeTarget, pass: MergePass)?>(nil)
    private var open: [UploadID: OpenPartial] = [:]
    /// Files that workers wrote and that are not examined yet, by name: what is examined is what was adopted.
    private var adopted: [String: StatisticsFile] = [:]
    private let examiner = SumsExaminer()
    private var artifacts: ArtifactFiles

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
        artifacts = try ArtifactFiles(directory)
    }

    /// What the partials to come are about, and what the model will add to their covariances' diagonals. On any thread.
    /// - Parameter weights: of the fingerprints that workers tell; nil where they tell none.
    package func expect(_ space: FeatureSpace, epsilon: Double, weights: FingerprintWeights? = nil) {
        expected.withLock { $0 = (space, epsilon, weights) }
    }

    // MARK: Partials under way

    package func createPartial(_ upload: UploadID, images: Int64, samples: Int64, clamped: Int64) throws {
        guard let space = expected.withLock({ $0?.space }) else {
            throw GaussianError("upload \(upload)", "is of a stage that makes no sums")
        }
        let header = try StatisticsHeader(space: space, count: images, samples: samples, clamped: clamped)
        let file = try freeName(JobLayout.partial(of: upload))
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
        let file = try readingWritten {
            let header = try StatisticsHeader(
                space: space, count: written.images, samples: written.samples, clamped: written.clamped)
            guard try StatisticsFile.possibleByteCounts(header).contains(written.byteCount) else {
                throw NotAsWritten("\(path) has \(written.byteCount) bytes, which this job's sums do not take")
            }
            let file = try StatisticsFile(path: path, followsLinks: false)
            guard file.header == header else {
                let reason = file.header.obstacle(toCombiningWith: header) ?? "it counts other images"
                throw NotAsWritten("the header of \(path) is not that of this job's sums: \(reason)")
            }
            guard file.contentDigest() == written.digest else {
                throw NotAsWritten("\(path) has another digest than it says")
            }
            return file
        }
        adopted[name] = file
        return PartialRecord(
            file: name, images: Int(written.images), clamped: written.clamped, digest: written.digest)
    }

    /// Reads a file that a worker wrote. What is wrong with the file is the worker's fault; what this machine's disk or rights refuse is not.
    private func readingWritten<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let other as NotAsWritten {
            throw other
        } catch let error as StorageError where error.isEnvironmental {
            throw error
        } catch {
            throw NotAsWritten("the file cannot be read: \(error)")
        }
    }

    package func removeWritten(_ upload: UploadID) {
        let (name, path) = (JobLayout.partial(of: upload), directory.partial(JobLayout.partial(of: upload)))
        adopted[name] = nil
        examiner.forget(name)
        unlink(path)
        DurableFile.removeLeftovers(of: path)
    }

    // MARK: Partials with names

    package func syncPartialNames() throws { try Folder.sync(directory.partials) }

    package func faultOfSums(inPartial file: String, fingerprint: Fingerprint?) throws -> String? {
        let written = adopted.removeValue(forKey: file)
        guard let (_, epsilon, weights) = expected.withLock({ $0 }) else { return nil }
        return try readingWritten {
            let sums = try written ?? StatisticsFile(path: directory.partial(file), followsLinks: false)
            let found = try examiner.found(
                in: sums, named: file, epsilon: epsilon, weights: fingerprint == nil ? nil : weights)
            guard written?.isUnchanged ?? true else {
                throw NotAsWritten("\(sums.path) was changed, or replaced, while it was examined")
            }
            if let patch = found.fault {
                return "no \(sums.header.count) images have the covariances of patch \(patch)"
            }
            guard let fingerprint, found.fingerprint != fingerprint else { return nil }
            return
                "they are not those of the features that it told of: their fingerprint is \(found.fingerprint), and that of the features "
                + "\(fingerprint)"
        }
    }

    /// Has sums examined that their worker still syncs. On any thread.
    package func lookAhead(_ upload: UploadID, file: String) {
        guard let (space, epsilon, weights) = expected.withLock({ $0 }) else { return }
        examiner.lookAhead(upload, file: file, in: directory, space, epsilon: epsilon, weights: weights)
    }

    /// How often sums were read to be examined.
    package var sumsExamined: Int { examiner.examinations }

    package func damage(of partial: PartialRecord) -> String? {
        do {
            try directory.openSums(partial).verify()
            return nil
        } catch {
            return "\(error)"
        }
    }

    package func addUp(_ partials: [PartialRecord], into file: String) throws -> PartialRecord {
        let file = try freeName(file)
        let path = directory.partial(file)
        let files = try partials.map { try directory.openSums($0) }
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
        let file = try freeName(file)
        let path = directory.partial(file)
        let all = try addUp(whole, into: file + "-whole")
        defer { deletePartials([all.file]) }
        let some = try addUp(part, into: file + "-part")
        defer { deletePartials([some.file]) }
        let header = try StatisticsMerge.subtract(
            directory.openSums(some), from: directory.openSums(all), to: path)
        return PartialRecord(
            file: file, images: Int(header.count), clamped: header.clamped,
            digest: try StatisticsFile(path: path).contentDigest())
    }

    package func syncContent(ofPartial file: String) throws { try DurableFile.sync(directory.partial(file)) }

    package func deletePartials(_ files: [String]) { for file in files { unlink(directory.partial(file)) } }

    /// A name for a new file: that one, or another where a folder, a link or a device has it.
    /// - Throws: `StorageError` where the others are taken as well.
    private func freeName(_ file: String) throws -> String {
        for number in 1...Self.namesTried {
            let name = number == 1 ? file : "\(number)-\(file)"
            var status = stat()
            // What cannot be looked at is found when the file is written.
            guard lstat(directory.partial(name), &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return name }
        }
        throw StorageError(
            "write", directory.partial(file),
            "it is there already and no regular file, and so are \(Self.namesTried - 1) other names; remove what is not the job's from its folder"
        )
    }

    private static let namesTried = 16

    // MARK: The merge under way

    /// Where ranges belong from now on. On any thread.
    package func merge(into target: (target: MergeTarget, pass: MergePass)?) { merging.withLock { $0 = target } }

    package func placeRange(_ patches: Range<Int>, _ bytes: [UInt8]) throws {
        guard let (target, pass) = merging.withLock({ $0 }) else { throw NotAsWritten("nothing is merged") }
        do {
            try target.take(patches, bytes, pass)
        } catch let error as GaussianError {
            throw NotAsWritten("\(error)")
        }
    }

    // MARK: Artifacts

    package func hasArtifact(_ place: String, under lease: LeaseID, isWaitedFor: Bool) -> Bool {
        artifacts.isThere(place, under: lease, isWaitedFor: isWaitedFor)
    }

    package func storeArtifact(_ bytes: [UInt8], at place: String, under lease: LeaseID) throws {
        try artifacts.store(bytes, at: place, under: lease)
    }

    package func nameArtifact(_ place: String, under lease: LeaseID) throws {
        try artifacts.name(place, under: lease)
    }

    package func dropArtifact(_ place: String, under lease: LeaseID) { artifacts.drop(place, under: lease) }

    package func syncArtifacts() throws { try artifacts.sync() }
}
