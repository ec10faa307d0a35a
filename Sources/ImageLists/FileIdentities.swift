import Foundation

/// Tells whether two paths name one image: the same name in the same folder, however the folder is spelt.
struct FileIdentities {
    private var realFolders: [ExactString: String] = [:]
    private var lastFolder: (named: ExactString, real: String)?

    /// The file's name in its folder's one true spelling, which is asked for once a folder.
    mutating func identity(of file: String) -> String { realFolder(of: file) + "/" + FilePath.split(file).name }

    /// The one true spelling of the file's folder.
    mutating func realFolder(of file: String) -> String {
        if let last = lastFolder, FilePath.lies(file, directlyIn: last.named.text) { return last.real }
        let key = ExactString(FilePath.split(file).folder)
        if let last = lastFolder, last.named == key { return last.real }
        let real: String
        if let known = realFolders[key] {
            real = known
        } else {
            real = Self.realPath(key.text) ?? key.text
            realFolders[key] = real
        }
        lastFolder = (key, real)
        return real
    }

    private static func realPath(_ folder: String) -> String? {
        guard let path = realpath(folder, nil) else { return nil }
        defer { free(path) }
        return String(validatingCString: path)
    }
}
