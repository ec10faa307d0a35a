import Foundation

/// What the rounds of a kind came to.
struct Tally {
    private var rounds = 0
    private var kills = 0
    private var redone = 0
    private var faults = 0
    private var seconds = 0.0
    private(set) var failures: [UInt64] = []

    mutating func add(_ outcome: Outcome, redone: Int, difference: String?) {
        rounds += 1
        kills += outcome.kills
        faults += outcome.faults.count
        self.redone += max(0, redone)
        seconds += Double(outcome.milliseconds) / 1_000
    }

    mutating func fail(_ plan: Plan) {
        rounds += 1
        failures.append(plan.seed)
    }

    mutating func line(_ plan: Plan, _ outcome: Outcome, redone: Int, _ difference: String?) -> String {
        if difference != nil { failures.append(plan.seed) }
        let time = String(format: "%.1f s", Double(outcome.milliseconds) / 1_000)
        let verdict = difference.map { "DIFFERS: \($0)" } ?? "same"
        return "\(plan.seed) \(verdict), \(time), \(max(0, redone)) images again; \(plan.words)"
    }

    func summary(_ kind: JobKind) -> String {
        let each =
            kills > 0
            ? String(format: ", %.1f a process that ended or was cut off", Double(redone) / Double(kills)) : ""
        var text =
            "\(kind.rawValue): \(rounds) rounds in \(Int(seconds)) s, \(faults) faults, \(kills) processes killed or cut off"
        text += "; images worked on again: \(redone)\(each)"
        text +=
            failures.isEmpty
            ? "; all results the same" : "; FAILED: seeds \(failures.map(String.init).joined(separator: " "))"
        return text
    }
}
