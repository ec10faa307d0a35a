import Foundation
import Logging

/// The log, on standard error: time, level, who, message.
public enum Logs {
    /// - Parameters:
    ///   - name: who writes: `coord`, or a worker's name.
    ///   - verbose: debug messages too.
    public static func logger(_ name: String, verbose: Bool) -> Logger {
        var logger = Logger(label: name) { label in LineHandler(label: label) }
        logger.logLevel = verbose ? .debug : .info
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
        let start = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
        try? FileHandle.standardError.write(
            contentsOf: Data("\(start)\(time) \(event.level) \(label): \(event.message)\n".utf8))
    }
}
