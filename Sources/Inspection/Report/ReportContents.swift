import Foundation

/// What a report tells: the data of its page, as JSON. It is a value that depends on the job alone, so that the same job gives the same bytes.
///
/// What is absent is nil. The page's scripts (`Sources/ReportPage/Page`) read these names.
package struct ReportContents: Codable, Equatable, Sendable {
    package var title: String
    package var directory: String
    package var phase: String
    package var cards: [Card] = []
    /// What is to be kept in mind, a sentence each.
    package var notes: [String] = []
    /// The job's.
    package var threshold: Float?
    /// Where the page's threshold begins if the job has none and no label is known.
    package var suggested: Float = 0
    /// What the threshold promises, a sentence each; nothing where it was given.
    package var promises: [String] = []
    /// The command that applies a threshold, to its value.
    package var flagCommand: String?
    /// The command that writes a table of the images that could not be used.
    package var exportCommand: String?
    package var scores = ScoreGroups()
    /// Scores of normal images by the model without them, Float32, little-endian, highest first.
    package var calibration: Data?
    package var scale: Scale
    /// The evaluation in names and figures.
    package var metrics: [[String]] = []
    package var overlap: Overlap?
    package var rows: [Row] = []
    /// Images of the job, listed or not.
    package var total = 0
    /// The pages that have all images; none where all are listed here.
    package var pages: [Page] = []
    /// By the numbers of their images.
    package var pictures: [String: Picture] = [:]
    package var failures: [Row] = []
    package var failed = 0
    package var drift: DriftPart?
    package var suspects: SuspectsPart?
    package var facts: [[String]] = []
    package var settings: [[String]] = []

    package struct Card: Codable, Equatable, Sendable {
        package var name: String
        package var value: Int
        package var kind = ""
    }

    /// The colours of maps.
    package struct Scale: Codable, Equatable, Sendable {
        /// The distances of the first and the last colour.
        package var first: Float
        package var last: Float
        /// The distance that is usual in good parts; nil where colours do not follow a threshold.
        package var usual: Float?
        /// Red, green and blue of each colour.
        package var palette = Data()
        /// Whether a threshold of scores says something of the pixels of maps.
        package var marksThreshold = true
    }

    /// The overlap of anomalous regions over the share of normal pixels, to the limit.
    package struct Overlap: Codable, Equatable, Sendable {
        package var points: [[Double]]
        package var limit: Double
        package var area: Double
    }

    /// An image of the list.
    package struct Row: Codable, Equatable, Sendable {
        package var id: Int64
        package var path: String
        package var file: String
        package var score: Float?
        package var status: String?
        package var reason: String?
        package var anomalous: Bool?
        /// Numbers of names, as in ``ScoreGroups``.
        package var source: Int?
        package var category: Int?
        package var defect: Int?
        /// Where its map is highest: in the image's pixels, or, where they are not known, in the map's.
        package var row: Int?
        package var column: Int?
        package var pValue: Double?
        /// Links to files beside the page.
        package var overlay: String?
        package var map: String?
    }

    package struct Page: Codable, Equatable, Sendable {
        package var number: Int
        /// A link.
        package var file: String
        /// The lowest score on it; nil where it has none.
        package var lowest: Float?
    }

    /// The part of an image that the network saw, and its map.
    package struct Picture: Codable, Equatable, Sendable {
        /// JPEG.
        package var image: Data?
        package var map: MapPicture?
        /// Why there is no image or no map.
        package var note: String?
    }

    package struct DriftPart: Codable, Equatable, Sendable {
        package var lines: [String]
        package var limit: Double?
        package var map: MapPicture?
    }

    package struct SuspectsPart: Codable, Equatable, Sendable {
        package var rows: [Suspect]
        package var remark: String?
        /// A link to the page that has overlays; nil where it was not written.
        package var page: String?
        /// What writes it.
        package var command: String
    }

    package struct Suspect: Codable, Equatable, Sendable {
        package var path: String
        package var file: String
        package var score: Float
        package var pValue: Double
        package var lot: String?
    }

    package init(title: String, directory: String, phase: String, scale: Scale) {
        (self.title, self.directory, self.phase, self.scale) = (title, directory, phase, scale)
    }

    /// As the page has it.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
