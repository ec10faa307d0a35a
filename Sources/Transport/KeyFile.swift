import Foundation
import Storage

/// A key on disk is one line of text: what it is, the key in hexadecimal, and, for a public one, a name.
///
///     curve-secret-key-1 6f3a...
///     curve-public-key-1 9c41... line-2
enum KeyFile {
    static let secretKind = "curve-secret-key-1"
    static let publicKind = "curve-public-key-1"

    struct Entry: Equatable {
        let key: PublicKey
        let name: String
    }

    static func publicLine(_ entry: Entry) -> String { "\(publicKind) \(entry.key.hex) \(entry.name)\n" }

    /// - Parameter isTrusted: whether what it holds is trusted because of where it lies.
    static func readPublic(_ path: String, isTrusted: Bool = false) throws -> Entry {
        let file = try SmallFile.open(path, remedy: "copy it from the machine where it was made")
        if isTrusted { try SmallFile.checkUnchangeable(path, file.status) }
        let text = String(decoding: try SmallFile.read(file, path, limit: 4096), as: UTF8.self)
        guard let entry = try parse(text.trimmingCharacters(in: .whitespacesAndNewlines), where: path) else {
            throw TransportError(path, "holds no key", remedy: "copy it again from where it was made")
        }
        return entry
    }

    /// Reads lines of public keys; blank ones and those that begin with `#` are notes.
    static func parseList(_ text: String, path: String) throws -> [Entry] {
        try text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { number, line in
            try parse(
                String(line).trimmingCharacters(in: .whitespacesAndNewlines), where: "\(path), line \(number + 1)")
        }
    }

    static func readList(_ path: String) throws -> [Entry] { try parseList(listText(path), path: path) }

    /// The text of a list; a list that is not there is empty.
    static func listText(_ path: String) throws -> String {
        guard access(path, F_OK) == 0 else { return "" }
        let file = try SmallFile.open(path, remedy: "check its permissions")
        try SmallFile.checkUnchangeable(path, file.status)
        return String(decoding: try SmallFile.read(file, path, limit: 4 << 20), as: UTF8.self)
    }

    private static func parse(_ line: String, where place: String) throws -> Entry? {
        if line.isEmpty || line.hasPrefix("#") { return nil }
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words[0] == publicKind else {
            // The line is not shown: it may be a secret key put in the wrong file.
            throw TransportError(
                place, "is no public key of a version known here",
                remedy: "put a line there as NAME.pub has it: \(publicKind) KEY NAME")
        }
        guard words.count == 3, let key = PublicKey(hex: words[1]), KeyName.isValid(String(words[2])) else {
            throw TransportError(
                place, "is not a key of 64 hexadecimal digits and a name", remedy: "copy the line from NAME.pub again")
        }
        return Entry(key: key, name: String(words[2]))
    }

    static func readSecret(_ path: String) throws -> KeyPair {
        let file = try SmallFile.open(path, remedy: "make it with `padim keys new`")
        try SmallFile.checkPrivate(path, file.status)
        var bytes = try SmallFile.read(file, path, limit: 4096)
        defer { bytes.withUnsafeMutableBytes { SecretKey.wipe($0) } }
        let head = Array((secretKind + " ").utf8)
        let digits = bytes.dropFirst(head.count).prefix(2 * SecretKey.byteCount)
        let tail = bytes.dropFirst(head.count + digits.count)
        guard bytes.starts(with: head), tail.allSatisfy({ $0 == 10 || $0 == 13 || $0 == 32 }),
            var key = Hexadecimal.bytes(digits), key.count == SecretKey.byteCount
        else {
            throw TransportError(
                path, "is not a secret key of a version known here", remedy: "make a new one with `padim keys new`")
        }
        return try KeyPair(secretKey: key.withUnsafeMutableBytes { SecretKey(wiping: $0) })
    }

    static func secretLine(_ key: SecretKey) -> [UInt8] {
        var line = Array((secretKind + " ").utf8)
        line.reserveCapacity(line.count + 2 * SecretKey.byteCount + 1)
        key.withBytes { for byte in $0 { line += Hexadecimal.digits(byte) } }
        line.append(10)
        return line
    }
}
