import Foundation
import Settings
import Testing

@Suite struct InspectionSettingsTests {
    @Test func imageScoresAreReadFromText() {
        #expect(ImageScore("max") == .max)
        #expect(ImageScore("top:1") == .top(percent: 1))
        #expect(ImageScore("top:0.5") == .top(percent: 0.5))
        #expect(ImageScore("top:100") == .top(percent: 100))
        for bad in ["", "top", "top:", "top:0", "top:101", "top:-1", "top:nan", "top:inf", "mean"] {
            #expect(ImageScore(bad) == nil)
        }
        for score in [ImageScore.max, .top(percent: 0.1), .top(percent: 12.5)] {
            #expect(ImageScore(score.description) == score)
        }
    }

    @Test func everyFormatCanBeChosen() {
        #expect(MapChoice.allCases.compactMap(\.format) == MapFormat.allCases)
        #expect(MapChoice.allCases.filter { $0.format == nil } == [.none])
        for choice in MapChoice.allCases { #expect(choice.format.map(\.rawValue) ?? "none" == choice.rawValue) }
    }

    @Test func mapsOfFlaggedImagesCanBeChosen() throws {
        for text in ["png16", "tiff", "npy", "none", "flagged", "flagged:tiff", "flagged:npy"] {
            #expect(try #require(MapSelection(text)).description == text)
        }
        #expect(MapSelection("flagged") == MapSelection("flagged:png16"))
        for bad in ["", "flagged:", "flagged:none", "flagged:flagged", "tiff:flagged", "PNG16"] {
            #expect(MapSelection(bad) == nil)
        }
        #expect(Self.sparing.named["maps"] == "flagged:npy")
        #expect(
            try String(decoding: JSONEncoder().encode(Self.sparing), as: UTF8.self).contains(#""flaggedMapsOnly":true"#)
        )
        #expect(InspectionSettings(maps: .none, keepsMapsOfFlaggedOnly: true).fault != nil)
    }

    @Test(arguments: OverlayChoice.allCases) func overlaysAreOfTheImagesChosen(_ choice: OverlayChoice) {
        #expect(choice.includes(flagged: true) == (choice != .none))
        #expect(choice.includes(flagged: false) == (choice == .all))
    }

    private static let unusual = InspectionSettings(
        scoring: ScoreSettings(imageScore: .top(percent: 2.5), blurBorder: .mirror, mapSize: .original), maps: .tiff,
        overlays: .flagged, threshold: 0.1)
    private static let centred = InspectionSettings(scoring: ScoreSettings(centersMaps: true))
    private static let strong = InspectionSettings(overlays: .all, overlayOpacity: 80)

    private static let sparing = InspectionSettings(maps: .npy, keepsMapsOfFlaggedOnly: true, threshold: 3)

    /// As messages have had them since the first version of the protocol, and jobs' records since their first release.
    @Test func theFieldsAreTheSameAsEver() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        func json(_ settings: InspectionSettings) throws -> String {
            String(decoding: try encoder.encode(settings), as: UTF8.self)
        }
        #expect(
            try json(InspectionSettings())
                == #"{"blurBorder":"repeatingEdge","mapSize":"input","maps":"png16","overlays":"none"}"#)
        #expect(
            try json(Self.unusual)
                == #"{"blurBorder":"mirror","mapSize":"original","maps":"tiff","overlays":"flagged","threshold":0.1,"topPercent":2.5}"#
        )
        #expect(
            InspectionSettings().named == [
                "blur-border": "repeatingEdge", "image-score": "max", "map-size": "input", "maps": "png16",
                "overlays": "none",
            ])
        #expect(
            Self.unusual.named == [
                "blur-border": "mirror", "image-score": "top:2.5", "map-size": "original", "maps": "tiff",
                "overlays": "flagged", "threshold": "0.1",
            ])
    }

    /// Jobs and messages without an unusual opacity are those of releases that had one opacity.
    @Test func anUnusualOpacityIsSaid() throws {
        #expect(Self.strong.named["overlay-opacity"] == "80")
        #expect(
            try String(decoding: JSONEncoder().encode(Self.strong), as: UTF8.self).contains(#""overlayOpacity":80"#))
    }

    /// Likewise maps that are centred.
    @Test func centredMapsAreSaid() throws {
        #expect(Self.centred.named["center-maps"] == "yes")
        #expect(
            try String(decoding: JSONEncoder().encode(Self.centred), as: UTF8.self).contains(#""centerMaps":true"#))
    }

    private static let copied = InspectionSettings(artifacts: "s3://b/p/")

    /// Likewise copies in a bucket.
    @Test func copiesInABucketAreSaid() throws {
        #expect(Self.copied.named["artifacts"] == "s3://b/p/")
        let written = try JSONEncoder().encode(Self.copied)
        #expect(String(decoding: written, as: UTF8.self).contains(#""artifacts":"s3:\/\/b\/p\/""#))
        for other in ["https://b/p/", "s3://b/p", "", "/p/"] {
            #expect(InspectionSettings(artifacts: other).fault != nil)
        }
    }

    @Test(arguments: [InspectionSettings(), unusual, strong, centred, sparing, copied])
    func theyAreReadAsTheyWereWritten(_ settings: InspectionSettings) throws {
        let written = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(InspectionSettings.self, from: written) == settings)
    }

    @Test(arguments: [
        #""maps":"png16","#, #""maps":"jpeg","#, #""maps":"png16","overlays":"some","#,
        #""maps":"none","flaggedMapsOnly":true,"overlays":"all","#,
        #""maps":"png16","overlays":"all","overlayOpacity":0,"#,
        #""maps":"png16","overlays":"all","overlayOpacity":101,"#,
        #""maps":"png16","overlays":"all","topPercent":0,"#, #""maps":"png16","overlays":"all","topPercent":100.1,"#,
    ])
    func impossibleSettingsAreNotRead(_ fields: String) {
        let text = "{" + fields + #""blurBorder":"mirror","mapSize":"input"}"#
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(InspectionSettings.self, from: Data(text.utf8))
        }
    }

    @Test func whatIsImpossibleIsSaid() {
        #expect(Self.unusual.fault == nil)
        for threshold in [Float.infinity, .nan] { #expect(InspectionSettings(threshold: threshold).fault != nil) }
        for opacity in [0, -1, 101] { #expect(InspectionSettings(overlayOpacity: opacity).fault != nil) }
        for percent in [0, -1, 100.1, .nan] {
            #expect(InspectionSettings(scoring: ScoreSettings(imageScore: .top(percent: percent))).fault != nil)
        }
    }
}
