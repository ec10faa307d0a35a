import Archives
import Foundation
import ImageAccess
import Imaging

/// A list's text, in lines of UTF-8.
struct ListFile {
    let name: String
    private let bytes: [UInt8]

    private static let maxBytes = 4 << 30
    /// Of a list in a bucket or on a web server. A server may send without end, and this is held in memory.
    static let mostRemoteBytes = 1 << 30
    private static let maxLine = 1 << 16
    private static let newline = UInt8(ascii: "\n")
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    init(_ path: String) throws {
        do {
            try self.init(path, WholeFile.read(path, limit: Self.maxBytes))
        } catch let error as ImageAccessError {
            throw ListError(path, error.reason)
        }
    }

    /// - Parameter path: the file's path or address.
    init(_ path: String, _ bytes: [UInt8]) throws {
        (name, self.bytes) = (path, bytes)
        if let encoding = Self.wideEncoding(bytes.prefix(64)) {
            throw ListError(
                path,
                "text in \(encoding), as Excel writes \"Unicode text\"; save the list as UTF-8, or convert it: "
                    + "iconv -f \(encoding) -t UTF-8 FILE > LIST")
        }
        if let table = ForeignTable(bytes.prefix(64)) { throw ListError(path, table.reason(path)) }
        let isImage = bytes.withUnsafeBytes { (try? ImageFormat(of: $0, name: path)) != nil }
        // "BM" or "P1 " may well begin a list, and a list has no byte 0.
        let isNamedSo = ImageFormat.extensions.contains(FilePath.fileExtension(path))
        guard !isImage || !isNamedSo && !bytes.prefix(64).contains(0) && !bytes.starts(with: [0xFF]) else {
            throw ListError(path, "an image, not a list of images; give the folder that holds it")
        }
        guard !Self.isPacked(bytes.prefix(512)) else {
            throw ListError(path, "an archive or a spreadsheet, not a list of images; save a spreadsheet as CSV")
        }
    }

    /// The encoding of text in units of 2 or 4 bytes, by its mark, or else by the zero bytes that its first letters have.
    private static func wideEncoding(_ bytes: some Collection<UInt8>) -> String? {
        let first = Array(bytes.prefix(4))
        if first == [0xFF, 0xFE, 0, 0] || first == [0, 0, 0xFE, 0xFF] { return "UTF-32" }
        if first.starts(with: [0xFF, 0xFE]) || first.starts(with: [0xFE, 0xFF]) { return "UTF-16" }
        guard first.count == 4 else { return nil }
        switch first.map({ $0 == 0 }) {
        case [false, true, false, true]: return "UTF-16LE"
        case [true, false, true, false]: return "UTF-16BE"
        default: return nil
        }
    }

    /// Whether a file is an archive of any kind: those that are read are told apart before.
    private static func isPacked(_ start: some Collection<UInt8>) -> Bool {
        ArchiveKind(start) != nil
            || [[0x37, 0x7A, 0xBC, 0xAF], [0x52, 0x61, 0x72, 0x21]].contains { start.starts(with: $0) }
    }

    /// Calls `body` with each line, its end taken off, counted from 1.
    /// - Throws: `ListError` with the line's number where it is not UTF-8, holds a NUL or is too long.
    func forEachLine(_ body: (_ line: String, _ number: Int) throws -> Bool) throws {
        try bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            var start = bytes.starts(with: Self.mark) ? Self.mark.count : 0
            var number = 1
            while start < bytes.count {
                let found = memchr(base + start, Int32(Self.newline), bytes.count - start)
                let next = found.map { UnsafeRawPointer($0) - base } ?? bytes.count
                let end = next > start && bytes[next - 1] == UInt8(ascii: "\r") ? next - 1 : next
                let line = try text(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), number)
                guard try body(line, number) else { return }
                start = next + 1
                number += 1
            }
        }
    }

    /// For how many names room is made: as many as there are lines, unless these are too short for names.
    var mostNames: Int {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            var (count, start) = (1, 0)
            while let found = memchr(base + start, Int32(Self.newline), bytes.count - start) {
                count += 1
                start = UnsafeRawPointer(found) - base + 1
            }
            return min(count, bytes.count / 8)
        }
    }

    private func text(_ line: UnsafeRawBufferPointer, _ number: Int) throws -> String {
        guard line.count <= Self.maxLine else {
            throw ListError(name, line: number, "a line of \(line.count) bytes, where at most \(Self.maxLine) are read")
        }
        guard !line.contains(0) else {
            throw ListError(
                name, line: number, "a zero byte: this is not a text file")
        }
        guard let text = String(validating: line, as: UTF8.self) else {
            throw ListError(name, line: number, "not UTF-8; save the list as UTF-8")
        }
        return text
    }
}

/// One path a line.
enum TextList {
    static func read(_ file: ListFile, _ add: (ListRow) throws -> Void) throws {
        try file.forEachLine { line, number in
            guard !line.utf8.allSatisfy({ $0 == 32 || $0 == 9 }), line.utf8.first != UInt8(ascii: "#") else {
                return true
            }
            try add(ListRow(path: checkedPath(line, file.name, number), line: number))
            return true
        }
    }

    /// No system opens a longer path, and a path with a line break in it is a sign of something else.
    static func checkedPath(_ path: String, _ list: String, _ line: Int) throws -> String {
        guard path.utf8.count < 4096 else {
            throw ListError(list, line: line, "a path of \(path.utf8.count) bytes, where the system takes 4,095")
        }
        guard !path.utf8.contains(where: { $0 == 10 || $0 == 13 }) else {
            throw ListError(
                list, line: line,
                "a path with a line break in it; is a quote not closed, or do lines end with CR alone?")
        }
        guard !path.utf8.contains(0) else { throw ListError(list, line: line, "a path with a zero byte in it") }
        return path
    }
}
