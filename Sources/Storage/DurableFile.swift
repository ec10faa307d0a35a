import CLinux
import Foundation

/// A file that is there whole or not at all: written under a temporary name beside its place, synced, then renamed.
///
/// Dropped without `commit()`, it leaves nothing behind.
public struct DurableFile: ~Copyable, Sendable {
    public let path: String
    /// Where the file is until it gets its name.
    package let temporary: String
    private let descriptor: Int32
    private var committed = false

    /// - Parameters:
    ///   - path: where the file will stand. A file already there is replaced at commit.
    ///   - mode: its rights, whatever the mask; nil: those that any new file has.
    public init(path: String, mode: mode_t? = nil) throws {
        self.path = path
        var present = stat()
        if stat(path, &present) == 0 {
            guard present.st_mode & S_IFMT == S_IFREG else {
                // The rename would put a file in the place of a device or a pipe.
                throw StorageError("write", path, "it is there already and no regular file; give another place")
            }
            try Self.requireNoDatabase(path)
        }
        (descriptor, temporary) = try Self.create(beside: path)
        if let mode { fchmod(descriptor, mode) }
    }

    /// Nothing that is written whole takes a database's place: it would be a job's journal, named by mistake.
    private static func requireNoDatabase(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let magic = Array("SQLite format 3\0".utf8)
        var head = [UInt8](repeating: 0, count: magic.count)
        guard read(descriptor, &head, head.count) == head.count, head == magic else { return }
        throw StorageError("write", path, "it is a database, such as a job's journal; give another place")
    }

    private static let characters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// As mkstemp makes it, but with the rights that any new file has: its 0600 is for secrets, these are results that others
    /// read. The mask of rights can only be asked for by changing it, for all threads at once, so the kernel applies it.
    private static func create(beside path: String) throws -> (Int32, String) {
        for _ in 0..<100 {
            let ending = (0..<6).map { _ in characters[Int.random(in: characters.indices)] }
            let name = path + "." + String(decoding: ending, as: UTF8.self)
            let descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else {
                guard errno == EEXIST || errno == EINTR else { break }
                continue
            }
            // As long as this process lives, and holds it, it is no leftover. A file system without locks has it unlocked.
            flock(descriptor, LOCK_EX | LOCK_NB)
            var status = stat()
            // Gone already: it was taken for a leftover before it was locked.
            if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (descriptor, name) }
            close(descriptor)
        }
        throw StorageError.fromErrno("create", path)
    }

    deinit {
        close(descriptor)
        if !committed { unlink(temporary) }
    }

    /// Reserves `count` bytes, so that a full disk is found out now and not at the end.
    public func reserve(_ count: Int) throws {
        guard count > 0 else { return }
        let code = posix_fallocate(descriptor, 0, off_t(count))
        guard code == 0 else { throw StorageError("reserve \(count) bytes for", path, code: code) }
    }

    /// Writes all of `bytes` at the offset.
    public func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
        try Self.write(bytes, at: offset, to: descriptor, path)
    }

    static func write(_ bytes: UnsafeRawBufferPointer, at offset: Int, to descriptor: Int32, _ path: String) throws {
        guard let start = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let written = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw StorageError.fromErrno("write", path) }
            done += written
        }
    }

    /// Has the disk begin with a piece that was written, so that the sync at the end finds less to do. Nothing is promised, and no
    /// error is lost: the sync tells it.
    public func beginWriteBack(of count: Int, at offset: Int) {
        Self.beginWriteBack(of: count, at: offset, of: descriptor)
    }

    static func beginWriteBack(of count: Int, at offset: Int, of descriptor: Int32) {
        _ = sync_file_range(descriptor, off_t(offset), off_t(count), UInt32(sync_file_range_write))
    }

    /// Waits until what was written so far is on the disk, the file's name aside.
    public func syncContent() throws {
        guard fsync(descriptor) == 0 else { throw StorageError.fromErrno("sync", path) }
    }

    /// A copy of the file that will get the same name. A process that still has this file open cannot change the copy.
    package consuming func replica() throws -> DurableFile {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError.fromErrno("look at", path) }
        let count = Int(status.st_size)
        let copy = try DurableFile(path: path)
        try copy.reserve(count)
        var done = 0
        while done < count {
            var (from, to) = (off_t(done), off_t(done))
            let copied = copy_file_range(descriptor, &from, copy.descriptor, &to, min(count - done, 1 << 30), 0)
            if copied < 0 && errno == EINTR { continue }
            guard copied > 0 else { throw StorageError.fromErrno("copy", path) }
            done += copied
        }
        return copy
    }

    /// The digest of what was written so far.
    public func digest() throws -> Digest { try Digest(ofDescriptor: descriptor, path) }

    /// Syncs the content, gives the file its name, and syncs the folder: after this it survives a power cut.
    public consuming func commit() throws {
        try syncContent()
        guard rename(temporary, path) == 0 else { throw StorageError.fromErrno("rename to", path) }
        committed = true
        try Folder.sync(Folder.parent(of: path))
    }

    /// Gives the file its name without waiting for the disk: for results that can be made again, or that
    /// `FileSystemOf` makes safe later.
    public consuming func publish() throws {
        guard rename(temporary, path) == 0 else { throw StorageError.fromErrno("rename to", path) }
        committed = true
    }

    /// Makes a published file durable: its content, then its name.
    public static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StorageError.fromErrno("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StorageError.fromErrno("sync", path) }
        try Folder.sync(Folder.parent(of: path))
    }

    /// Whether a file of that name may be one that will be called `place`, and is not yet committed.
    package static func isTemporary(_ name: String, of place: String) -> Bool {
        Self.place(ofTemporary: name)?.elementsEqual(place.utf8) == true
    }

    /// Removes what processes that were killed left of a file not yet committed.
    public static func removeLeftovers(of path: String) { leftovers(of: path).forEach { unlink($0) } }

    /// The same for all files of a folder and of those below it.
    /// - Parameter isPlace: whether a file of that name, given as UTF-8, is written there.
    public static func removeLeftovers(inside root: String, where isPlace: (String.UTF8View.SubSequence) -> Bool) {
        leftovers(inside: root, where: isPlace).forEach { unlink($0) }
    }

    /// What processes that were killed left of a file not yet committed: the paths.
    public static func leftovers(of path: String) -> [String] {
        let (folder, name) = (Folder.parent(of: path), Folder.name(of: path))
        return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
            .filter { place(ofTemporary: $0)?.elementsEqual(name.utf8) == true }
            .map { folder + "/" + $0 }.filter(isLeft)
    }

    /// The same for all files of a folder and of those below it.
    public static func leftovers(
        inside root: String, where isPlace: (String.UTF8View.SubSequence) -> Bool = { _ in true }
    ) -> [String] {
        guard let names = FileManager.default.enumerator(atPath: root) else { return [] }
        var left: [String] = []
        while let entry = names.nextObject() as? String {
            let name = Folder.name(of: entry)
            guard let place = place(ofTemporary: name) ?? JobLayout.place(ofWaiting: name), isPlace(place) else {
                continue
            }
            if isLeft(root + "/" + entry) { left.append(root + "/" + entry) }
        }
        return left
    }

    /// The name that a temporary one stands for: without the dot and the six characters behind it.
    private static func place(ofTemporary name: String) -> String.UTF8View.SubSequence? {
        let ending = name.utf8.suffix(7)
        guard ending.count == 7, name.utf8.count > 7, ending.first == UInt8(ascii: "."),
            ending.dropFirst().allSatisfy(characters.contains)
        else { return nil }
        return name.utf8.dropLast(7)
    }

    /// Whoever writes a file has it locked. Artifacts that wait for their names are locked by nobody: while a stage is under way they are not
    /// looked for.
    private static func isLeft(_ path: String) -> Bool {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// Writes a whole file without waiting for the disk, as `publish()` does.
    public static func publish(_ bytes: [UInt8], to path: String) throws {
        let file = try DurableFile(path: path)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.publish()
    }

    /// Writes a whole file durably.
    public static func write(_ bytes: some Sequence<UInt8>, to path: String, mode: mode_t? = nil) throws {
        let file = try DurableFile(path: path, mode: mode)
        try Array(bytes).withUnsafeBytes { try file.write($0, at: 0) }
        try file.commit()
    }
}
