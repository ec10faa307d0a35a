import Compute
import Foundation

/// What the figures were measured on.
enum Machine {
    static var description: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let gigabytes = Double(ProcessInfo.processInfo.physicalMemory) / Double(1 << 30)
        let sets = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
        return "\(processor), \(cores) cores, \(Int(gigabytes.rounded())) GiB, \(sets)"
    }

    /// Whether the processor multiplies small matrices of 8 bits, which ours does not make use of.
    static var hasAMX: Bool { information.contains(" amx_int8 ") }

    private static var information: String { (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "" }

    private static var processor: String {
        let text = information
        func field(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":").last
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let name = field("model name") ?? "unknown processor"
        guard let family = field("cpu family"), let model = field("model\t") else { return name }
        return "\(name) (family \(family), model \(model))"
    }
}
