/// What numbers a backbone computes in.
public enum Precision: String, CaseIterable, Sendable {
    /// As its weights were trained.
    case float32
    /// Whole numbers of eight bits: docs/NUMERICS.md, "The integer network".
    case int8
}
