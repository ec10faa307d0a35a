/// What an image of a job is there for. In the order in which a job's stages take them.
public enum ImageRole: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
    /// It is to be taken out of the fit: a copy of a normal image, until it is out.
    case excluding
    /// The model is fitted on it.
    case normal
    /// The model that was made is tried on it: a sample of the images that it was fitted on, as images of their own.
    case calibration
    /// It is scored by the model.
    case inspect
    /// It was not flagged and is compared with the model's images: a sample of the inspected images, as images of their own.
    case drift

    /// As in "normal images".
    package var label: String {
        switch self {
        case .excluding: "excluded"
        case .normal: "normal"
        case .calibration: "calibration"
        case .inspect: "inspected"
        case .drift: "compared"
        }
    }

    /// What becomes of such images: "8 images fitted".
    public var participle: String {
        switch self {
        case .excluding: "taken out"
        case .normal: "fitted"
        case .calibration: "calibrated on"
        case .inspect: "inspected"
        case .drift: "compared for drift"
        }
    }
}

/// How an image fared.
public enum ImageStatus: String, Codable, CaseIterable, Sendable {
    case ok
    /// It could not be decoded; skipped.
    case unreadable
    /// It ended the workers that tried it; skipped.
    case poison
    /// It was taken out of the fit, or never was in it.
    case excluded
}
