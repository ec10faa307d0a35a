import HTML

/// HTML in the making. Text that is put into it is escaped, always: only markup is put in as it is.
///
/// Own code, and not a template library: the one that reports use escapes by `Character`, and lets an angle bracket through that a combining
/// mark follows. Here the compiler knows what is markup, so that nothing can be forgotten.
struct Markup: ExpressibleByStringInterpolation, CustomStringConvertible {
    private(set) var text: String

    init(stringLiteral value: String) { text = value }
    init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
    private init(text: String) { self.text = text }

    var description: String { text }

    static func + (left: Markup, right: Markup) -> Markup { Markup(text: left.text + right.text) }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(2 * literalCapacity) }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
        mutating func appendInterpolation(_ markup: [Markup]) { for piece in markup { text += piece.text } }
        mutating func appendInterpolation(_ number: Int) { text += "\(number)" }
        mutating func appendInterpolation(_ value: String) { text += Markup.escaped(value) }
    }

    /// For element content and quoted attributes. Characters of control are shown as such and do nothing.
    static func escaped(_ text: String) -> String {
        let shown = text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        return HTMLText.escape(String(String.UnicodeScalarView(shown)))
    }
}
