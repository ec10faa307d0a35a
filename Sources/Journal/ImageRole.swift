/// What an image of a job is there for.
public enum ImageRole: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    /// The model is fitted on it.
    case normal
    /// It is scored by the model.
    case inspect

    package var label: String { self == .normal ? "normal" : "inspected" }
}

/// How an image fared.
public enum ImageStatus: String, Codable, CaseIterable, Sendable {
    case ok
    /// It could not be decoded; skipped.
    case unreadable
    /// It ended the workers that tried it; skipped.
    case poison
}
