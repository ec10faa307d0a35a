import Foundation
import Journal

/// A quick look at a job before its list is read. It decides only whether local workers are started early: a wrong answer costs time, and
/// nothing else.
enum JobAtFirstSight {
    /// Another process has it.
    case locked
    /// It came to its end: mostly there is nothing left to do but to say so.
    case finished
    /// It is to begin or to go on, as far as can be seen.
    case open

    init(_ directory: JobDirectory) {
        guard FileManager.default.fileExists(atPath: directory.database) else {
            self = .open
            return
        }
        guard !JobLock.isHeld(directory) else {
            self = .locked
            return
        }
        let journal = try? Journal.read(directory)
        defer { try? journal?.close() }
        let phase = try? journal?.value(.phase)
        self = phase == .done ? .finished : .open
    }
}
