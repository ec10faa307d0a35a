import Foundation

extension FuzzFolder {
    /// Writes a file; the one before it of that name is gone.
    /// - Returns: its path.
    func write(_ bytes: UnsafeRawBufferPointer, to name: String) -> String {
        let descriptor = open(self[name], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        demand(descriptor >= 0, "no room for the input at \(self[name])")
        defer { close(descriptor) }
        let written = bytes.isEmpty ? 0 : Foundation.write(descriptor, bytes.baseAddress, bytes.count)
        demand(written == bytes.count, "no room for the input at \(self[name])")
        return self[name]
    }
}

/// The folder of all tests, whose fixtures are the seeds.
private let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    .standardizedFileURL.path

/// The files in a folder of fixtures whose names end so, in order of their names.
func fixtures(_ folder: String, endings: [String], atMost limit: Int = 20_000) throws -> [[UInt8]] {
    let folder = tests + "/" + folder
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        .filter { name in endings.contains { name.hasSuffix("." + $0) } }
        .map { Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0))) }
        .filter { $0.count <= limit }
}
