import Foundation

/// What Linux tells of a process.
struct ProcessFigures {
    private let id: Int32

    init(_ id: Int32) { self.id = id }

    /// Of all its threads so far, in seconds; 0 where it is gone.
    var processorTime: Double { Self.time("/proc/\(id)/stat") }

    /// By the threads' names, in seconds.
    var processorTimes: [String: Double] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(id)/task")) ?? []
        var times: [String: Double] = [:]
        for thread in threads {
            let folder = "/proc/\(id)/task/\(thread)"
            let name = (try? String(contentsOfFile: folder + "/comm", encoding: .utf8)) ?? ""
            times[name.trimmingCharacters(in: .newlines), default: 0] += Self.time(folder + "/stat")
        }
        return times
    }

    /// In bytes.
    var residentMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return 1_024 * (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0)
    }

    private static func time(_ path: String) -> Double {
        // The name before the bracket may have spaces.
        guard let text = try? String(contentsOfFile: path, encoding: .utf8), let end = text.lastIndex(of: ")") else {
            return 0
        }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
