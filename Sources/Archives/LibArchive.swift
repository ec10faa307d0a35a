import CArchive
import Foundation
import Storage

/// A libarchive reader of a source of bytes. Used by one thread at a time.
final class LibArchive {
    /// What is read from a source.
    enum Format {
        /// The members of a tar file, compressed or not.
        case tar
        /// The one stream of bytes that a compressed file holds.
        case decompressed
    }

    let name: String
    private let handle: OpaquePointer
    private let input: Input

    /// - Throws: `ArchiveError` where the bytes are not of the format; `StorageError`.
    init(_ source: any ByteSource, as format: Format, block: Int) throws {
        guard let handle = archive_read_new() else { throw StorageError("read", source.name, code: ENOMEM) }
        self.handle = handle
        name = source.name
        input = Input(source, block: block)
        // Only filters within the library: others would start programs.
        archive_read_support_filter_gzip(handle)
        archive_read_support_filter_bzip2(handle)
        archive_read_support_filter_xz(handle)
        archive_read_support_filter_zstd(handle)
        switch format {
        case .tar: archive_read_support_format_tar(handle)
        case .decompressed: archive_read_support_format_raw(handle)
        }
        let opened = UTF8Locale.use {
            archive_read_set_read_callback(handle) { _, input, buffer in Input.of(input).read(buffer) }
            archive_read_set_skip_callback(handle) { _, input, count in Input.of(input).skip(count) }
            archive_read_set_callback_data(handle, Unmanaged.passUnretained(input).toOpaque())
            return archive_read_open1(handle)
        }
        try check(opened)
        // A compressed file within a compressed file multiplies what one can make of few bytes.
        guard archive_filter_count(handle) <= 2 else {
            throw ArchiveError(name, "it is compressed more than once; decompress it, and give the tar file")
        }
    }

    deinit { archive_read_free(handle) }

    /// The members' headers, one after the other; nil at the end.
    /// - Throws: `ArchiveError` where the archive is damaged; what the source threw.
    func next() throws -> Header? {
        var entry: OpaquePointer?
        let code = UTF8Locale.use { archive_read_next_header(handle, &entry) }
        if code == ARCHIVE_EOF { return nil }
        // With a warning the header is there all the same.
        if code != ARCHIVE_WARN { try check(code) }
        guard let entry else { throw ArchiveError(name, "a member has no header") }
        return UTF8Locale.use {
            Header(
                entry, offset: archive_read_header_position(handle), endOfHeader: archive_filter_bytes(handle, 0))
        }
    }

    /// The bytes of the stored file that were read so far.
    var storedBytes: Int64 { archive_filter_bytes(handle, -1) }

    /// The next bytes of the present member, at most as many as the buffer holds; 0 at its end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = archive_read_data(handle, buffer.baseAddress, buffer.count)
        guard count >= 0 else { throw failure() }
        return count
    }

    /// The next bytes of the present member, as many as the decompressor gives at once; none at its end.
    ///
    /// Unlike `read`, it hands out what there is before a place that is damaged.
    func block() throws -> [UInt8] {
        var (start, count, offset): (UnsafeRawPointer?, Int, Int64) = (nil, 0, 0)
        let code = archive_read_data_block(handle, &start, &count, &offset)
        guard code == ARCHIVE_OK || code == ARCHIVE_EOF else { throw failure() }
        return Array(UnsafeRawBufferPointer(start: start, count: code == ARCHIVE_EOF ? 0 : count))
    }

    /// A member's whole content.
    /// - Parameter size: what the member's header says.
    /// - Throws: `ArchiveError` where there are fewer bytes.
    func content(of size: Int, member: String) throws -> [UInt8] {
        let bytes = try [UInt8](unsafeUninitializedCapacity: size) { buffer, done in
            while done < size {
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[done...])
                let count = try read(into: rest)
                guard count > 0 else { break }
                done += count
            }
        }
        guard bytes.count == size else {
            throw ArchiveError(name, "the member \(member) has not the \(size) bytes that its header says")
        }
        return bytes
    }

    private func check(_ code: Int32) throws {
        guard code == ARCHIVE_OK else { throw failure() }
    }

    private func failure() -> any Error {
        if let error = input.error { return error }
        let reason = archive_error_string(handle).map { String(cString: $0) } ?? "it cannot be read"
        return ArchiveError(name, "the archive is damaged: \(reason)")
    }

    /// What libarchive's callbacks read.
    private final class Input {
        private let source: any ByteSource
        private let buffer: UnsafeMutableRawBufferPointer
        private var position: Int64 = 0
        private(set) var error: (any Error)?

        init(_ source: any ByteSource, block: Int) {
            self.source = source
            buffer = .allocate(byteCount: block, alignment: 16)
        }

        deinit { buffer.deallocate() }

        static func of(_ pointer: UnsafeMutableRawPointer?) -> Input {
            guard let pointer else { preconditionFailure("libarchive hands back what it was given") }
            return Unmanaged<Input>.fromOpaque(pointer).takeUnretainedValue()
        }

        func read(_ start: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
            do {
                let count = try source.read(into: buffer, at: position)
                start?.pointee = UnsafeRawPointer(buffer.baseAddress)
                position += Int64(count)
                return count
            } catch {
                self.error = error
                return -1
            }
        }

        func skip(_ count: Int64) -> Int64 {
            let possible = max(0, min(count, source.byteCount - position))
            position += possible
            return possible
        }
    }
}

extension LibArchive {
    /// What a tar file says of a member.
    struct Header {
        enum Kind: Equatable {
            case file
            /// A link to another name; a hard link's is that of a member.
            case hardLink(String)
            case symbolicLink(String)
            /// A folder, a device, a pipe.
            case other
        }

        /// Nil where it is not UTF-8.
        let name: String?
        let kind: Kind
        let isSparse: Bool
        let size: Int64
        /// Where the member's first header begins, and where its data begins, in the decompressed archive.
        let offset: Int64
        let endOfHeader: Int64

        /// With a locale whose names are UTF-8.
        init(_ entry: OpaquePointer, offset: Int64, endOfHeader: Int64) {
            (self.offset, self.endOfHeader) = (offset, endOfHeader)
            name = archive_entry_pathname(entry).flatMap { String(validatingCString: $0) }
            size = archive_entry_size(entry)
            isSparse = archive_entry_sparse_count(entry) > 0
            if let target = archive_entry_hardlink(entry) {
                kind = .hardLink(String(cString: target))
            } else if archive_entry_filetype(entry) == S_IFLNK {
                kind = .symbolicLink(archive_entry_symlink(entry).map { String(cString: $0) } ?? "")
            } else {
                kind = archive_entry_filetype(entry) == S_IFREG ? .file : .other
            }
        }
    }
}

/// libarchive converts names by the thread's locale.
private enum UTF8Locale {
    nonisolated(unsafe) private static let locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nil)

    static func use<Result>(_ body: () throws -> Result) rethrows -> Result {
        let before = uselocale(locale)
        defer { uselocale(before) }
        return try body()
    }
}
