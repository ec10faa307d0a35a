import Foundation
import Storage
import Terminal

/// Looks whether a file can be written at a place that the command names, before anything is computed.
/// - Throws: `WrongCommand` where its folder is not there, or it is a folder itself.
func requirePlace(for path: String) throws {
    var status = stat()
    if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
        throw WrongCommand("\(path) is a folder; name a file to write")
    }
    let folder = Folder.parent(of: path)
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
        throw WrongCommand("\(path) cannot be written: there is no folder \(folder)")
    }
}
