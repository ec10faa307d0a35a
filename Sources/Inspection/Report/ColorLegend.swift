import Foundation
import Imaging
import Journal
import Mustache
import Settings
import Storage

/// What the colours of a job's overlays and map pictures mean, as a bar with numbers.
///
/// It is a drawing of its own, beside the pictures: a bar inside an overlay would hide pixels, and with them defects at the edge.
public struct ColorLegend: Equatable, Sendable {
    /// The distances of the first and the last colour.
    package let range: ClosedRange<Float>
    /// Distances that mean something, and what, in words.
    package let marks: [Mark]

    package struct Mark: Equatable, Sendable {
        package let distance: Float
        package let words: String

        package init(distance: Float, words: String) { (self.distance, self.words) = (distance, words) }
    }

    static let width = 520.0
    static let height = 66.0
    private static let margin = 40.0
    private static let steps = 32

    package init(range: ClosedRange<Float>, marks: [Mark] = []) { (self.range, self.marks) = (range, marks) }

    /// - Parameters:
    ///   - isCentered: whether the pictures are of centred maps, of which a threshold says nothing.
    init(_ scaling: MapScaling, threshold: Float?, isCentered: Bool) {
        range = scaling.range(centered: isCentered)
        if isCentered {
            marks = []
        } else if let threshold {
            marks = range.contains(threshold) ? [Mark(distance: threshold, words: "threshold")] : []
        } else if let highest = scaling.normal?.highest, range.contains(highest) {
            marks = [Mark(distance: highest, words: "95% of good parts stay below")]
        } else {
            marks = []
        }
    }

    // MARK: Drawing

    /// What the template shows.
    var context: [String: Any] {
        let span = Double(range.upperBound) - Double(range.lowerBound)
        let numbers = [0, 0.25, 0.5, 0.75, 1].map { share in
            ["x": Self.text(Self.place(share)), "label": Self.number(Double(range.lowerBound) + share * span)]
        }
        let places = marks.map { mark in
            let share = span > 0 ? (Double(mark.distance) - Double(range.lowerBound)) / span : 0.5
            return ["x": Self.text(Self.place(share)), "label": "\(mark.words) \(Self.number(Double(mark.distance)))"]
        }
        return [
            "width": Self.text(Self.width), "height": Self.text(Self.height), "left": Self.text(Self.margin),
            "barWidth": Self.text(Self.width - 2 * Self.margin), "stops": Self.stops, "numbers": numbers,
            "marks": places,
        ]
    }

    private static var stops: [[String: String]] {
        (0...steps).map { step in
            let (red, green, blue) = ColorMap.inferno.color(at: Float(step) / Float(steps))
            return [
                "offset": String(format: "%.5f", Double(step) / Double(steps)),
                "color": String(format: "#%02x%02x%02x", red, green, blue),
            ]
        }
    }

    private static func place(_ share: Double) -> Double { margin + share * (width - 2 * margin) }
    private static func text(_ value: Double) -> String { String(format: "%.1f", value) }
    private static func number(_ value: Double) -> String { String(format: "%.4g", value) }

    // MARK: The file

    /// Writes the legend of a job beside its overlays.
    /// - Parameter hasOverlays: whether the job has any; without them only a legend that is there already is written again.
    public static func write(_ journal: Journal, hasOverlays: Bool) throws {
        let path = journal.directory.inside(JobLayout.legend)
        guard hasOverlays || FileManager.default.fileExists(atPath: path),
            let scaling = try journal.value(.mapScaling)
        else { return }
        // Overlays are of maps that are not centred.
        let legend = ColorLegend(scaling, threshold: try journal.value(.threshold), isCentered: false)
        try DurableFile.write(legend.svg().utf8, to: path)
    }

    package func svg() throws -> String {
        HTMLEscaping.register()
        do {
            return try MustacheTemplate(string: LegendTemplate.file).render(["legend": context])
        } catch let error as MustacheTemplate.ParserError {
            throw InspectionError("the legend's template is broken: \(error)")
        }
    }
}

/// The legend in Mustache: part of the report's page, and a file of its own.
enum LegendTemplate {
    /// On paper of its own, since a viewer's may be dark.
    static let file = """
        {{% CONTENT_TYPE:\(HTMLEscaping.name)}}
        {{#legend}}
        <svg xmlns="http://www.w3.org/2000/svg" width="{{width}}" height="{{height}}" viewBox="0 0 {{width}} {{height}}" font-family="sans-serif" font-size="12">
        <rect width="{{width}}" height="{{height}}" fill="#ffffff"/>
        \(drawing)
        </svg>
        {{/legend}}

        """

    static let page = """
        <svg class="legend" viewBox="0 0 {{width}} {{height}}" role="img" aria-label="what the colours mean">
        \(drawing)
        </svg>
        """

    private static let drawing = """
        <defs><linearGradient id="colors">{{#stops}}<stop offset="{{offset}}" stop-color="{{color}}"/>{{/stops}}</linearGradient></defs>
        <rect x="{{left}}" y="22" width="{{barWidth}}" height="18" fill="url(#colors)"/>
        {{#numbers}}
        <text x="{{x}}" y="56" text-anchor="middle">{{label}}</text>
        {{/numbers}}
        {{#marks}}
        <line x1="{{x}}" x2="{{x}}" y1="17" y2="40" stroke="#7f8899"/>
        <text x="{{x}}" y="12" text-anchor="middle">{{label}}</text>
        {{/marks}}
        """
}
