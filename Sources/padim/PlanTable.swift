import Backbone
import Foundation

/// An engine's steps, each with its time and its share.
struct PlanTable {
    let steps: [StepProfile]

    /// Prints it. Operations are counted as a direct computation does them, so a step that needs fewer of them
    /// (Winograd's) may show more GFLOP/s than the machine has.
    func write() {
        let total = steps.reduce(0) { $0 + $1.seconds }
        let operations = steps.reduce(0) { $0 + $1.operations }
        let header = ["layer", "kernel", "output", "at once", "MFLOP", "ms/image", "share", "GFLOP/s"]
        let rows = steps.map { step in
            [step.layer, step.kernel, step.output, step.isGrouped ? "group" : "image"]
                + Self.figures(step.operations, step.seconds, of: total)
        }
        Columns.write([header] + rows + [["all", "", "", ""] + Self.figures(operations, total, of: total)])
    }

    private static func figures(_ operations: Int, _ seconds: Double, of total: Double) -> [String] {
        [
            String(format: "%.1f", Double(operations) / 1e6), String(format: "%.3f", seconds * 1e3),
            String(format: "%.1f %%", 100 * seconds / max(total, .leastNonzeroMagnitude)),
            String(format: "%.0f", Double(operations) / 1e9 / max(seconds, .leastNonzeroMagnitude)),
        ]
    }
}
