import ArgumentParser
import Compute

/// What `--instruction-set` takes: `auto`, or a set by its name.
public enum InstructionSetOption: ExpressibleByArgument, Equatable, Sendable {
    /// Each machine takes its widest.
    case auto
    case set(InstructionSet)

    public init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let set = InstructionSet(rawValue: argument) {
            self = .set(set)
        } else {
            return nil
        }
    }

    public static var allValueStrings: [String] { ["auto"] + InstructionSet.allCases.map(\.rawValue) }

    public var defaultValueDescription: String { name }

    /// Nil for `auto`.
    public var forced: InstructionSet? { if case .set(let set) = self { set } else { nil } }

    private var name: String { forced?.rawValue ?? "auto" }

    /// The set that this machine takes.
    /// - Throws: `ValidationError` where it cannot run the one that is asked for.
    public func onThisMachine() throws -> InstructionSet {
        guard let forced else { return .best }
        guard forced.runsHere else {
            let here = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--instruction-set takes, on this processor, auto, \(here), not '\(name)'")
        }
        return forced
    }
}
