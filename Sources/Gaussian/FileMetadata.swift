import Foundation
import Storage

/// What statistics and models carry in their file's metadata: what kind of file it is, the version of its
/// format, and a header as JSON.
struct FileMetadata<Header: Codable & Equatable> {
    let kind: String
    let version: Int
    let header: Header
    /// What the checks of the file's records start from: other headers, other checks.
    let seed: UInt64
    /// As the file carries them.
    let entries: [String: String]

    /// For writing.
    init(kind: String, version: Int, header: Header) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(header), as: UTF8.self)
        self.init(kind, version, header, text)
    }

    /// From a file's metadata.
    /// - Throws: `GaussianError` where the file is of another kind, of a newer version, or its header is unsound.
    init(reading metadata: [String: String], kind: String, newest: Int, path: String) throws {
        guard metadata["format"] == kind else {
            throw GaussianError(path, "is not a file of \(kind)")
        }
        guard let version = metadata["version"].flatMap({ Int($0) }), version >= 1 else {
            throw GaussianError(path, "does not say which version of \(kind) it is")
        }
        guard version <= newest else {
            throw GaussianError(
                path,
                "was written by a newer release: its format is version \(version), this one reads up to \(newest); "
                    + "use the release that wrote it, or make the file again with this one")
        }
        guard let text = metadata["header"] else { throw GaussianError(path, "has no header") }
        do {
            let header = try JSONDecoder().decode(Header.self, from: Data(text.utf8))
            self.init(kind, version, header, text)
        } catch let error as GaussianError {
            throw GaussianError(path, "its header is unsound: \(error)")
        } catch {
            throw GaussianError(path, "its header cannot be read: \(error)")
        }
    }

    private init(_ kind: String, _ version: Int, _ header: Header, _ text: String) {
        (self.kind, self.version, self.header) = (kind, version, header)
        entries = ["format": kind, "version": String(version), "header": text]
        seed = Digest(of: Array("\(kind) \(version) \(text)".utf8)).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
