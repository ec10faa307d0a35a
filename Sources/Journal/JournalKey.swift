import Foundation
import Storage

/// A named value that a job fixes on its way, kept as JSON. The modules above add their own:
/// `extension JournalKey where Value == Grid { static var grid: Self { Self("grid") } }`.
public struct JournalKey<Value: Codable & Sendable>: Sendable {
    public let name: String

    public init(_ name: String) { self.name = name }
}

/// How far a job has come.
public enum JobPhase: String, Codable, Sendable, CaseIterable {
    case accumulating, merging
    /// The images of a list are read, to know which they are.
    case identifying
    /// The model is tried on its own images.
    case scoringHeldOut = "scoring-held-out"
    case inspecting, done, failed

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let name = try container.decode(String.self)
        // Releases before 0.2 had a phase before the first.
        guard let phase = name == "calibrating" ? .accumulating : JobPhase(rawValue: name) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(name)' is no phase of a job")
        }
        self = phase
    }
}

/// A line of a job's summary, for people: "images a second", "71".
public struct JobFact: Codable, Equatable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

extension JournalKey where Value == JobPhase {
    public static var phase: Self { Self("phase") }
}

extension JournalKey where Value == Digest {
    /// Of model.safetensors.
    public static var model: Self { Self("model") }
    /// Of the model that was made, also where its file is damaged or gone since: images may have been scored with it.
    public static var madeModel: Self { Self("made-model") }
    /// The model that waits for its calibration.
    public static var uncalibratedModel: Self { Self("uncalibrated-model") }
    /// The model that the calibration's images are scored by.
    public static var calibratedBy: Self { Self("calibrated-by") }
}

extension JournalKey where Value == Float {
    /// An image that scores at least this much is flagged.
    public static var threshold: Self { Self("threshold") }
}

extension JournalKey where Value == [String] {
    /// The releases of this software whose coordinators worked on the job, in order.
    public static var releases: Self { Self("releases") }
    /// The roles of images of which all was found that was asked for: nothing of them is done again.
    public static var findings: Self { Self("findings") }
}

extension JournalKey where Value == [JobFact] {
    /// What the report says of the job, in this order.
    public static var summary: Self { Self("summary") }
}
