import Settings
import Storage

/// What an inspection is told, and what the coordinator adds: the scales of its maps and colours, and where artifacts go.
public struct InspectionOrder: Equatable, Sendable {
    public var settings: InspectionSettings
    /// A png16 sample is a distance times 2^mapScaleExponent; a map that this does not hold has a smaller exponent of its own.
    public var mapScaleExponent: Int
    /// The distances of an overlay's first and last colour.
    public var firstColor: Float
    public var lastColor: Float
    /// The job's directory as the coordinator sees it. A worker that sees the same one writes maps there itself.
    public var directory: String
    /// A file in that directory, and what the coordinator wrote into it: how a worker knows that it sees the same one.
    public var probe: String
    public var probeValue: String
    /// Whether outcomes have the digests of images' contents: others may score the images once more, and compare.
    public var tellsContents: Bool

    public init(
        settings: InspectionSettings, mapScaleExponent: Int, firstColor: Float, lastColor: Float, directory: String,
        probe: String, probeValue: String, tellsContents: Bool = false
    ) {
        self.tellsContents = tellsContents
        (self.settings, self.mapScaleExponent) = (settings, mapScaleExponent)
        (self.firstColor, self.lastColor) = (firstColor, lastColor)
        (self.directory, self.probe, self.probeValue) = (directory, probe, probeValue)
    }

    /// The file extension of maps; empty where there are none.
    var mapExtension: String { settings.maps.format?.fileExtension ?? "" }
}

extension InspectionOrder: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case mapExtension, mapScaleExponent, firstColor, lastColor, directory, probe, probeValue, contents
    }

    /// The names of all fields that an order has in a message.
    package static var fieldNames: [String] { CodingKeys.allCases.map(\.rawValue) + InspectionSettings.fieldNames }

    /// - Throws: `DecodingError` also where a setting is impossible, and where the extension is not that of the maps: it is part of
    ///   files' names.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            settings: try InspectionSettings(from: decoder),
            mapScaleExponent: try values.decode(Int.self, forKey: .mapScaleExponent),
            firstColor: try values.decode(Float.self, forKey: .firstColor),
            lastColor: try values.decode(Float.self, forKey: .lastColor),
            directory: try values.decode(String.self, forKey: .directory),
            probe: try values.decode(String.self, forKey: .probe),
            probeValue: try values.decode(String.self, forKey: .probeValue),
            tellsContents: try values.decodeIfPresent(Bool.self, forKey: .contents) ?? false)
        let said = try values.decode(String.self, forKey: .mapExtension)
        guard said == mapExtension else {
            throw DecodingError.dataCorruptedError(
                forKey: .mapExtension, in: values,
                debugDescription:
                    "maps are \(settings.maps.rawValue), their extension is '\(mapExtension)' and not '\(said)'")
        }
    }

    /// The settings stand among the other fields.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try settings.encode(to: encoder)
        try values.encode(mapExtension, forKey: .mapExtension)
        try values.encode(mapScaleExponent, forKey: .mapScaleExponent)
        try values.encode(firstColor, forKey: .firstColor)
        try values.encode(lastColor, forKey: .lastColor)
        try values.encode(directory, forKey: .directory)
        try values.encode(probe, forKey: .probe)
        try values.encode(probeValue, forKey: .probeValue)
        if tellsContents { try values.encode(true, forKey: .contents) }
    }
}

extension InspectionOrder {
    /// The same, for scores alone: nothing is written for images beside them.
    public var ofScoresAlone: InspectionOrder {
        var order = self
        (order.settings.maps, order.settings.overlays, order.settings.artifacts) = (.none, .none, nil)
        (order.settings.keepsMapsOfFlaggedOnly, order.settings.scoring.centersMaps) = (false, false)
        return order
    }

    /// Whether anything is written for an image beside its score.
    public var hasArtifacts: Bool { Artifact.allCases.contains { makes($0) } }

    /// Whether an artifact of that kind is made of any image.
    func makes(_ kind: Artifact) -> Bool { path(of: kind, output: "") != nil }

    /// Where an image's map or overlay goes, relative to the job's directory; nil where none is asked for.
    /// - Parameter output: the image's own place, without extension.
    public func path(of kind: Artifact, output: String) -> String? {
        switch kind {
        case .map: settings.maps == .none ? nil : JobLayout.map(of: output, fileExtension: mapExtension)
        case .overlay: settings.overlays == .none ? nil : JobLayout.overlay(of: output)
        }
    }

    /// The artifacts that belong to an image.
    /// - Parameter flagged: whether its score reaches the threshold.
    public func artifacts(flagged: Bool) -> [Artifact] {
        Artifact.allCases.filter { kind in
            switch kind {
            case .map: settings.maps != .none && (flagged || !settings.keepsMapsOfFlaggedOnly)
            case .overlay: settings.overlays.includes(flagged: flagged)
            }
        }
    }
}
