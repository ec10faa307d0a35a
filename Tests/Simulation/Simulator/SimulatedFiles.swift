import Cluster
import JobRules
import Journal
import Storage

/// The files of a job's directory on a simulated disk, as one coordinator's process uses them.
final class SimulatedFiles: JobFiles {
    private struct OpenPartial {
        let file: Int
        let images: Int64
        var written: Set<Int> = []
        var isNamed = false
    }

    private unowned let folder: JobFolder
    private let flaw: Flaw?
    private var open: [UploadID: OpenPartial] = [:]

    init(_ folder: JobFolder, flaw: Flaw?) { (self.folder, self.flaw) = (folder, flaw) }

    private var spec: JobSpec { folder.spec }

    // MARK: Partials under way

    func createPartial(_ upload: UploadID, images: Int64, samples: Int64, clamped: Int64) throws {
        let file = try folder.disk.create(in: "partials")
        open[upload] = OpenPartial(file: file, images: images)
        try folder.disk.write(file, PartialFile.header(images: images), at: 0)
    }

    func write(_ bytes: [UInt8], patches: Range<Int>, toPartial upload: UploadID) throws {
        guard let partial = open[upload] else { return }
        let size = PartialFile.recordBytes(spec)
        for (place, patch) in patches.enumerated() {
            let record = bytes[place * size..<(place + 1) * size]
            // Sums of squares are not negative: what a broken worker sends is refused, as by the real file.
            guard PartialFile.isPlausible(record) else {
                throw ImpossibleSums("patch \(patch) has sums that no images give")
            }
            try write(record, patch, partial)
            open[upload]?.written.insert(patch)
        }
    }

    private func write(_ record: ArraySlice<UInt8>, _ patch: Int, _ partial: OpenPartial) throws {
        try folder.disk.write(partial.file, Array(record), at: PartialFile.offset(patch: patch, spec))
        try folder.disk.write(
            partial.file, PartialFile.check(record, patch: patch, images: partial.images),
            at: PartialFile.checkOffset(patch: patch, spec))
    }

    func syncPartial(_ upload: UploadID) throws {
        guard let partial = open[upload] else { return }
        guard partial.written.count == spec.patches else {
            throw JournalRefusal(description: "a partial was committed with patches missing")
        }
        try folder.disk.sync(partial.file)
    }

    func namePartial(_ upload: UploadID) throws -> PartialRecord {
        guard let partial = open[upload] else { throw JournalRefusal(description: "a partial without a file is named") }
        let name = JobLayout.partial(of: upload)
        folder.disk.rename(partial.file, to: name, in: "partials")
        open[upload]?.isNamed = true
        return record(name, images: partial.images)
    }

    func closePartial(_ upload: UploadID) {
        guard let partial = open.removeValue(forKey: upload), !partial.isNamed else { return }
        folder.disk.drop(partial.file, in: "partials")
    }

    // MARK: Partials that workers write

    func adoptPartial(_ upload: UploadID, _ written: WrittenSums) throws -> PartialRecord {
        let name = JobLayout.partial(of: upload)
        if flaw != .trustWrittenSums {
            guard let bytes = folder.disk.read(name, in: "partials") else { throw NotAsWritten("\(name) is not there") }
            guard Int64(bytes.count) == written.byteCount, Digest(of: bytes) == written.digest,
                PartialFile.records(of: bytes, images: written.images, spec) != nil
            else { throw NotAsWritten("\(name) is another file") }
        }
        folder.tally("sums adopted")
        return record(name, images: written.images)
    }

    func removeWritten(_ upload: UploadID) {
        let name = JobLayout.partial(of: upload)
        if folder.journal.partials().contains(where: { $0.record.file == name }) {
            folder.violate("\(name), which counts, is removed")
        }
        if folder.disk.read(name, in: "partials") != nil { folder.tally("sums of a dead worker removed") }
        folder.disk.remove(name, in: "partials")
    }

    private func record(_ name: String, images: Int64) -> PartialRecord {
        PartialRecord(file: name, images: Int(images), clamped: 0, digest: Digest(of: Array(name.utf8)))
    }

    // MARK: Partials with names

    func syncPartialNames() throws { folder.disk.syncFolder("partials") }

    func faultOfSums(inPartial file: String, fingerprint: Fingerprint?) throws -> String? {
        let bytes = folder.disk.read(file, in: "partials")
        if let patch = PartialFile.impossiblePatch(of: bytes, spec) {
            folder.tally("sums found impossible together")
            return "no images have the covariances of patch \(patch)"
        }
        guard let fingerprint, flaw != .trustFingerprints, let bytes else { return nil }
        var sums = Sums(patches: spec.patches, dimension: spec.dimension)
        let records = PartialFile.offset(patch: 0, spec)..<PartialFile.offset(patch: spec.patches, spec)
        sums.add(images: 0, records: Array(bytes[records]))
        guard sums.fingerprint(JobSpec.audit) != fingerprint else { return nil }
        folder.tally("sums found to be of other features")
        return "they are not those of the features that it told of"
    }

    func damage(of partial: PartialRecord) -> String? {
        let bytes = folder.disk.read(partial.file, in: "partials")
        guard flaw != .trustPartials, PartialFile.records(of: bytes, images: Int64(partial.images), spec) == nil else {
            return nil
        }
        return "\(partial.file) is damaged"
    }

    func addUp(_ partials: [PartialRecord], into file: String) throws -> PartialRecord {
        folder.tally("partials added up")
        guard let sums = folder.sum(of: partials) else { throw JournalRefusal(description: "a partial is damaged") }
        return try create(file, sums)
    }

    func subtract(_ part: [PartialRecord], from whole: [PartialRecord], into file: String) throws -> PartialRecord? {
        guard var rest = folder.sum(of: whole), let taken = folder.sum(of: part) else {
            throw JournalRefusal(description: "a partial is damaged")
        }
        let images = rest.images - taken.images
        guard images > 0 else { return nil }
        rest.subtract(taken)
        if flaw == .takeOutTwice {
            var twice = rest
            twice.subtract(taken)
            rest = twice.with(images: images)
        }
        return try create(file, rest)
    }

    private func create(_ file: String, _ sums: Sums) throws -> PartialRecord {
        let sum = OpenPartial(file: try folder.disk.create(in: "partials"), images: sums.images)
        try folder.disk.write(sum.file, PartialFile.header(images: sums.images), at: 0)
        for patch in 0..<spec.patches { try write(sums.chunk(patches: patch..<patch + 1)[...], patch, sum) }
        folder.disk.rename(sum.file, to: file, in: "partials")
        return record(file, images: sums.images)
    }

    func syncContent(ofPartial file: String) throws { try folder.disk.sync(named: file, in: "partials") }

    func deletePartials(_ files: [String]) { for file in files { folder.disk.remove(file, in: "partials") } }

    // MARK: The merge under way

    func placeRange(_ patches: Range<Int>, _ bytes: [UInt8]) throws {
        guard let file = folder.mergeTarget, bytes.count == 8 * patches.count else {
            throw NotAsWritten("\(bytes.count) bytes came of \(patches.count) patches")
        }
        try folder.disk.write(file, bytes, at: PartialFile.checkOffset(patch: patches.lowerBound, spec))
    }

    // MARK: Artifacts

    func hasArtifact(_ place: String, under lease: LeaseID, isWaitedFor: Bool) -> Bool {
        folder.disk.read(JobLayout.waiting(place, under: lease), in: "pictures") != nil
    }

    func storeArtifact(_ bytes: [UInt8], at place: String, under lease: LeaseID) throws {
        try folder.store(bytes, at: place, under: lease)
    }

    func nameArtifact(_ place: String, under lease: LeaseID) throws {
        folder.disk.rename(named: JobLayout.waiting(place, under: lease), to: place, in: "pictures")
    }

    func dropArtifact(_ place: String, under lease: LeaseID) {
        let name = JobLayout.waiting(place, under: lease)
        if folder.disk.read(name, in: "pictures") != nil { folder.tally("artifact of a lease that is over") }
        folder.disk.remove(name, in: "pictures")
    }

    func syncArtifacts() throws { try folder.disk.syncAll(on: SimulatedDisk.home) }
}
