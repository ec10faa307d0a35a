import Foundation

/// A folder that is gone with its test.
public final class TemporaryFolder: Sendable {
    public let path = FileManager.default.temporaryDirectory.appendingPathComponent("padim-" + UUID().uuidString).path

    public init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of that name in the folder.
    public subscript(name: String) -> String { path + "/" + name }

    /// The path of a file of that name with that content.
    public func file(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: self[name]))
        return self[name]
    }

    /// Writes a file, with the folders on its way, and returns its path.
    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) throws -> String {
        try FileManager.default.createDirectory(
            atPath: (self[name] as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        return try file(name, bytes)
    }

    @discardableResult
    public func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }
}
