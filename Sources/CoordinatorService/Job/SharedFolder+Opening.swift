import Cluster
import Foundation
import Journal
import Storage

extension SharedFolder {
    /// Lets workers see that they see a job's directory, and write there, until it is closed.
    static func open(_ directory: JobDirectory) throws -> SharedFolder {
        let value = "\(UInt64.random(in: 0...UInt64.max))"
        try DurableFile.write(Array(value.utf8), to: directory.inside(JobLayout.probe))
        return SharedFolder(directory: directory.path, probe: JobLayout.probe, probeValue: value)
    }

    /// From then on no worker writes: one that comes back late finds no job.
    static func close(_ directory: JobDirectory) { unlink(directory.inside(JobLayout.probe)) }
}
