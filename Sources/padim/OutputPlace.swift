import Foundation
import Gaussian
import Storage
import Terminal

/// What a command writes: which files that are there already it may replace.
enum OutputKind {
    /// A table or a list.
    case text
    /// Exact sums of images.
    case sums
    /// A model or weights, which can be made again.
    case tensors
}

/// Looks whether a file can be written at a place that the command names, before anything is computed, and whether something that
/// cannot be made again would be lost there.
/// - Parameter inputs: the files that the command reads.
/// - Throws: `WrongCommand` where the place's folder is not there, or the place is a folder, one of the inputs, or a file of another kind:
///   an image where text is written, sums where none are.
func requirePlace(for path: String, _ kind: OutputKind, reading inputs: [String] = []) throws {
    var status = stat()
    let isThere = stat(path, &status) == 0
    if isThere, status.st_mode & S_IFMT == S_IFDIR {
        throw WrongCommand("\(path) is a folder; name a file to write")
    }
    if isThere {
        for input in inputs {
            var read = stat()
            guard stat(input, &read) == 0, (read.st_dev, read.st_ino) == (status.st_dev, status.st_ino) else {
                continue
            }
            throw WrongCommand("\(path) is the file that is read; name another file to write")
        }
        if status.st_mode & S_IFMT == S_IFREG { try requireReplaceable(path, by: kind) }
    }
    var folderStatus = stat()
    let folder = Folder.parent(of: path)
    guard stat(folder, &folderStatus) == 0, folderStatus.st_mode & S_IFMT == S_IFDIR else {
        throw WrongCommand("\(path) cannot be written: there is no folder \(folder)")
    }
}

private func requireReplaceable(_ path: String, by kind: OutputKind) throws {
    switch kind {
    case .text:
        guard let handle = FileHandle(forReadingAtPath: path) else { return }
        defer { try? handle.close() }
        // No table has a zero byte, and every image begins with some.
        guard let begin = try? handle.read(upToCount: 4096), begin.contains(0) else { return }
        throw WrongCommand("\(path) is there already and is no text file; name another file to write")
    case .sums: return
    case .tensors:
        guard (try? StatisticsFile(path: path)) != nil else { return }
        throw WrongCommand("\(path) holds the exact sums of a fit; name another file to write")
    }
}
