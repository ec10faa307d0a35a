import CLinux
import Compute
import Foundation
import Transport

/// What the machine itself has.
enum MachineChecks {
    private static let gigabyte = 1e9

    static var all: [CheckResult] { [processor, memory, clock, network] }

    private static var processor: CheckResult {
        let sets = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let text = "\(cores) cores; instruction sets: \(sets)"
        guard InstructionSet.best != .baseline else {
            return .warning(
                "processor",
                "\(text): without AVX2 or NEON it is several times slower, and its features have other bits than those of other machines"
            )
        }
        return .good("processor", text)
    }

    /// What is free now, within the limit that containers set.
    private static var memory: CheckResult {
        let facts = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
        func kilobytes(_ name: String) -> Double? {
            facts.split(separator: "\n").first { $0.hasPrefix(name + ":") }?
                .split(separator: " ").dropFirst().first.flatMap { Double($0) }
        }
        guard let total = kilobytes("MemTotal"), let free = kilobytes("MemAvailable") else {
            return .warning("memory", "the system does not say how much there is")
        }
        var available = free * 1_024 / gigabyte
        var text = String(format: "%.1f of %.1f GB are free", available, total * 1_024 / gigabyte)
        if let limit = containerLimit {
            available = min(available, limit / gigabyte)
            text += String(format: ", and this process may use %.1f GB", limit / gigabyte)
        }
        return available < 2
            ? .warning("memory", text + ": a worker needs 1 to 4 GB, more with many channels") : .good("memory", text)
    }

    private static var containerLimit: Double? {
        let text = try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)
        return text.flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    /// Only logs have times, so a clock that is wrong does no harm to results.
    private static var clock: CheckResult {
        var state = timex()
        guard adjtimex(&state) >= 0 else { return .warning("clock", "the system does not say whether it is right") }
        return state.status & STA_UNSYNC == 0
            ? .good("clock", "set by a time server")
            : .warning("clock", "not set by a time server: times in logs may not agree with other machines'")
    }

    private static var network: CheckResult {
        ZeroMQLibrary.hasKeys
            ? .good("ZeroMQ", "\(ZeroMQLibrary.version), with CURVE keys")
            : .failure(
                "ZeroMQ", "\(ZeroMQLibrary.version) is built without CURVE: only coordinators on loopback can be used")
    }
}
