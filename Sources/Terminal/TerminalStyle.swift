import Foundation

/// What standard error can show.
public struct TerminalStyle: Equatable, Sendable {
    /// Whether a line can be written over.
    public let redraws: Bool
    public let hasColors: Bool
    /// In characters.
    public let columns: Int

    public init(redraws: Bool, hasColors: Bool, columns: Int) {
        (self.redraws, self.hasColors, self.columns) = (redraws, hasColors, max(20, columns))
    }

    /// As it is now: a window may change its width.
    public static func ofStandardError(
        _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> TerminalStyle {
        var size = winsize()
        let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return TerminalStyle(
            isTerminal: isatty(STDERR_FILENO) == 1, columns: isKnown ? Int(size.ws_col) : 80, environment)
    }

    /// - Parameter environment: `NO_COLOR` with any value but an empty one means no colours (no-color.org); `TERM=dumb` cannot redraw.
    public init(isTerminal: Bool, columns: Int, _ environment: [String: String]) {
        let redraws = isTerminal && environment["TERM"] != "dumb"
        self.init(
            redraws: redraws, hasColors: redraws && (environment["NO_COLOR"] ?? "").isEmpty, columns: columns)
    }

    public enum Color: Int, Sendable {
        case red = 31
        case green = 32
        case yellow = 33
    }

    /// A text in a colour, where there are colours.
    public func colored(_ text: String, _ color: Color) -> String {
        hasColors && !text.isEmpty ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }

    /// What stands before a line that may be written over another.
    public var lineStart: String { redraws ? "\r\u{1B}[K" : "" }
}
