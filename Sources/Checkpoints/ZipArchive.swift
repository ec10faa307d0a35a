import CZip
import Foundation
import Storage
import Tensors

/// A ZIP archive in a mapped file, read through libzip. Only entries that are stored as they are can be read, so that
/// nothing in an archive is larger than the archive. Safe to use from several threads.
final class ZipArchive: Sendable {
    struct Entry: Sendable {
        let index: UInt64
        let byteCount: Int
        /// Why it cannot be read, if it cannot.
        let obstacle: String?
    }

    let path: String
    /// By name.
    let entries: [String: Entry]
    private let file: MappedFile
    private let handle: Locked<Handle>

    /// A bound on what a directory may make us remember.
    private static let maximumEntries = 1 << 18

    /// - Throws: `CheckpointError`.
    init(_ file: MappedFile) throws {
        let handle = try Handle(file)
        entries = try handle.entries(path: file.path, fileByteCount: file.count)
        path = file.path
        self.file = file
        self.handle = Locked(handle)
    }

    /// An entry's bytes, whole and with the checksum the archive has for them.
    /// - Throws: `CheckpointError`.
    func read(_ name: String) throws -> [UInt8] {
        guard let entry = entries[name] else { throw CheckpointError(path, "its archive has no entry \(quoted(name))") }
        if let obstacle = entry.obstacle {
            throw CheckpointError(
                path, "entry \(quoted(name)) of its archive is \(obstacle); save it again with torch.save")
        }
        guard let bytes = handle.withLock({ $0.read(entry) }) else {
            throw CheckpointError(
                path, "entry \(quoted(name)) of its archive is damaged: it does not match its checksum")
        }
        return bytes
    }

    /// libzip's archive, and the file whose mapping it reads.
    private struct Handle: ~Copyable, @unchecked Sendable {
        private let archive: OpaquePointer
        /// The mapping is valid for as long as this object lives, which is longer than `archive` does.
        private let file: MappedFile

        init(_ file: MappedFile) throws {
            var error = zip_error_t()
            zip_error_init(&error)
            defer { zip_error_fini(&error) }
            let source = file.withBytes { zip_source_buffer_create($0.baseAddress, UInt64($0.count), 0, &error) }
            guard let source else { throw Self.failure(file, &error) }
            guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
                zip_source_free(source)
                throw Self.failure(file, &error)
            }
            self.archive = archive
            self.file = file
        }

        deinit { zip_discard(archive) }

        private static func failure(_ file: MappedFile, _ error: inout zip_error_t) -> CheckpointError {
            let reason = zip_error_strerror(&error).map { String(cString: $0) } ?? "unknown reason"
            return CheckpointError(file.path, "damaged or truncated archive: \(reason)")
        }

        func entries(path: String, fileByteCount: Int) throws -> [String: Entry] {
            let count = zip_get_num_entries(archive, 0)
            guard count <= maximumEntries else {
                throw CheckpointError(path, "its archive has \(count) entries; at most \(maximumEntries) are allowed")
            }
            var entries: [String: Entry] = [:]
            for index in 0..<UInt64(max(count, 0)) {
                var status = zip_stat_t()
                guard zip_stat_index(archive, index, 0, &status) == 0,
                    let name = status.name.map({ String(cString: $0) })
                else { throw CheckpointError(path, "damaged archive: its entry \(index) has no name") }
                let entry = Entry(
                    index: index, byteCount: Int(clamping: status.size),
                    obstacle: Self.obstacle(status, fileByteCount: fileByteCount))
                guard entries.updateValue(entry, forKey: name) == nil else {
                    throw CheckpointError(path, "damaged archive: entry \(quoted(name)) comes twice")
                }
            }
            return entries
        }

        private static func obstacle(_ status: zip_stat_t, fileByteCount: Int) -> String? {
            if status.encryption_method != UInt16(ZIP_EM_NONE) { return "encrypted" }
            if status.comp_method != UInt16(ZIP_CM_STORE) { return "compressed" }
            return status.size == status.comp_size && status.size <= UInt64(fileByteCount)
                ? nil : "larger than the file"
        }

        func read(_ entry: Entry) -> [UInt8]? {
            guard let stream = zip_fopen_index(archive, entry.index, 0) else { return nil }
            defer { zip_fclose(stream) }
            var complete = false
            let bytes = [UInt8](unsafeUninitializedCapacity: entry.byteCount) { buffer, initialized in
                var done = 0
                while done < entry.byteCount {
                    let read = zip_fread(stream, buffer.baseAddress.map { $0 + done }, UInt64(entry.byteCount - done))
                    guard read > 0 else { return }
                    done += Int(read)
                }
                initialized = done
                // Only at the end does libzip compare the checksum.
                var beyond: UInt8 = 0
                complete = zip_fread(stream, &beyond, 1) == 0
            }
            return complete ? bytes : nil
        }
    }
}
