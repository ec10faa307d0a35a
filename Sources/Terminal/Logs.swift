import Foundation
import Logging

/// The log, on standard error: time, level, who, message.
public enum Logs {
    /// - Parameters:
    ///   - name: who writes: `coord`, or a worker's name.
    ///   - verbose: debug messages too.
    public static func logger(_ name: String, verbose: Bool) -> Logger { logger(name, verbose ? .verbose : .usual) }

    public static func logger(_ name: String, _ verbosity: Verbosity) -> Logger {
        var logger = Logger(label: name) { label in LineHandler(label: label) }
        logger.logLevel =
            switch verbosity {
            case .quiet: .warning
            case .usual: .info
            case .verbose: .debug
            }
        return logger
    }
}

/// One line a message, short enough to read between progress lines.
private struct LineHandler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let time = Date.now.formatted(.iso8601)
        let style = TerminalStyle.ofStandardError()
        let level =
            switch event.level {
            case .warning: style.colored("\(event.level)", .yellow)
            case .error, .critical: style.colored("\(event.level)", .red)
            default: "\(event.level)"
            }
        try? FileHandle.standardError.write(
            contentsOf: Data("\(style.lineStart)\(time) \(level) \(label): \(event.message)\n".utf8))
    }
}
