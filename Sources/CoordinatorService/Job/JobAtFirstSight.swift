import Foundation
import Journal

/// What little is looked at of a job before its command is read in full, so that no worker is started in vain. Nothing follows from it that
/// cannot be made good.
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
