import CKernels

/// The instruction set that the kernels run with. A feature's bits depend on it, so a job can force one for a mixed fleet.
public enum InstructionSet: String, Sendable, CaseIterable, Codable, Comparable {
    case baseline, neon, avx2, avx512

    /// Whether this build holds the variant and this processor can run it.
    public var runsHere: Bool { instruction_set_runs_here(code) }

    /// Every set that runs on this processor, from the plainest to the widest.
    public static var available: [InstructionSet] { allCases.filter(\.runsHere) }

    /// The widest set that runs on this processor.
    public static var best: InstructionSet { available.max() ?? .baseline }

    /// The set's number in the kernels' tables.
    public var code: InstructionSetCode {
        switch self {
        case .baseline: InstructionSetBaseline
        case .avx2: InstructionSetAVX2
        case .avx512: InstructionSetAVX512
        case .neon: InstructionSetNEON
        }
    }

    private var rank: Int {
        switch self {
        case .baseline: 0
        case .neon: 1
        case .avx2: 2
        case .avx512: 3
        }
    }

    /// Orders the sets from the plainest to the widest.
    public static func < (left: InstructionSet, right: InstructionSet) -> Bool {
        left.rank < right.rank
    }
}
