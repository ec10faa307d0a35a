import Foundation

/// The folder of a data set, and what is in it.
struct DataSetFolder {
    /// As the user gave it, for messages.
    let named: String
    /// From the root of the file system.
    let root: String

    /// - Throws: `ListError` where it is no folder.
    init(_ named: String) throws {
        self.named = named
        root = FilePath.absolute(named)
        guard hasFolder("") else { throw ListError(named, "no such folder") }
    }

    /// Its own name, which is the category where the folder holds only one.
    var name: String { FilePath.split(root).name }

    /// - Parameter relative: a path within the folder; "" is the folder itself.
    func path(_ relative: String) -> String { relative.isEmpty ? root : root + "/" + relative }

    func hasFolder(_ relative: String) -> Bool { mode(relative) == S_IFDIR }

    func hasFile(_ relative: String) -> Bool { mode(relative) == S_IFREG }

    private func mode(_ relative: String) -> mode_t {
        var status = stat()
        return stat(path(relative), &status) == 0 ? status.st_mode & S_IFMT : 0
    }

    /// The names of the folders in a folder, sorted byte by byte; none where it is not there.
    func folders(in relative: String) throws -> [String] {
        guard hasFolder(relative) else { return [] }
        return try ImageFolder.children(of: path(relative)).map { ExactString($0.name) }.sorted().map(\.text)
            .filter { hasFolder(relative.isEmpty ? $0 : relative + "/" + $0) }
    }

    /// The images within a folder and the folders in it, by their paths within that folder, sorted byte by byte; none where it is not there.
    func images(in relative: String) throws -> [String] {
        hasFolder(relative) ? try ImageFolder(path(relative)).images : []
    }
}
