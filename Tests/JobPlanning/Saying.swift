import Logging
import Synchronization

/// A logger that keeps what is said.
final class Saying: Sendable {
    private let lines = Mutex<[String]>([])

    var text: String { lines.withLock { $0.joined(separator: "\n") } }

    var logger: Logger { Logger(label: "test") { _ in Handler(saying: self) } }

    private struct Handler: LogHandler {
        let saying: Saying
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { saying.lines.withLock { $0.append("\(event.level): \(event.message)") } }
    }
}
