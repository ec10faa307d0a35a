import Foundation

/// Tells whether two paths name one image: the same name in the same folder, however the folder is spelt.
struct FileIdentities {
    private var realFolders: [ExactString: String] = [:]
    private var lastFolder: (named: ExactString, real: String)?

    /// The file's name in its folder's one true spelling, which is asked for once a folder.
    mutating func identity(of file: String) -> String {
        let (folder, name) = FilePath.split(file)
        let key = ExactString(folder)
        if let last = lastFolder, last.named == key { return last.real + "/" + name }
        let real: String
        if let known = realFolders[key] {
            real = known
        } else {
            real = Self.realPath(folder) ?? folder
            realFolders[key] = real
        }
        lastFolder = (key, real)
        return real + "/" + name
    }

    private static func realPath(_ folder: String) -> String? {
        guard let path = realpath(folder, nil) else { return nil }
        defer { free(path) }
        return String(validatingCString: path)
    }
}
