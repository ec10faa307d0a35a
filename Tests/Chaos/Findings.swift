import Foundation
import Storage

enum JobKind: String, Sendable { case fit, inspect }

/// What a job has found: the digests of the files that count.
struct Findings: Equatable, Sendable {
    let digests: [String: Digest]

    init(_ kind: JobKind, job: String) throws {
        var names = kind == .fit ? ["model.safetensors", "statistics.safetensors"] : ["results.csv"]
        if kind == .inspect {
            // Whatever is there that is no folder: a temporary file left behind is a finding.
            names += try FileManager.default.subpathsOfDirectory(atPath: job + "/maps").map { "maps/" + $0 }
            names.removeAll { name in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: job + "/" + name, isDirectory: &isFolder)
                    && isFolder.boolValue
            }
        }
        digests = Dictionary(
            uniqueKeysWithValues: try names.map { ($0, try Digest(ofFile: job + "/" + $0)) })
    }

    /// The first thing in which these are not what they ought to be, in words.
    func difference(from right: Findings) -> String? {
        if let missing = right.digests.keys.sorted().first(where: { digests[$0] == nil }) {
            return "\(missing) is missing"
        }
        if let extra = digests.keys.sorted().first(where: { right.digests[$0] == nil }) {
            return "\(extra) is too much"
        }
        if let other = digests.keys.sorted().first(where: { digests[$0] != right.digests[$0] }) {
            return "\(other) has other bytes"
        }
        return nil
    }
}

/// A run that nobody disturbed.
struct CalmRun: Sendable {
    let findings: Findings
    /// How often images were opened.
    let openings: Int
    let milliseconds: Int

    var words: String {
        let seconds = String(format: "%.1f", Double(milliseconds) / 1_000)
        return "\(findings.digests.count) files, images opened \(openings) times, \(seconds) s"
    }
}

/// A round that came to its end.
struct Outcome: Sendable {
    let findings: Findings
    let openings: Int
    let milliseconds: Int
    /// Faults that came in time.
    let faults: [Fault]
    /// Processes that were killed or stood still beyond the deadline.
    let kills: Int
}
