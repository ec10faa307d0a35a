import ArgumentParser
import Foundation

/// Runs a command and ends the process with the ``ExitStatus`` that it has.
public enum Program {
    /// Parses the command line, runs the command, says what went wrong on standard error, and exits.
    /// - Parameters:
    ///   - words: what is parsed; nil: the command line.
    ///   - origin: what is to be said besides of an error of the parser, where more than the command line was parsed.
    public static func run(
        _ root: (some ParsableCommand).Type, words: (@Sendable () throws -> [String])? = nil,
        origin: @Sendable (String) -> String? = { _ in nil }
    ) async -> Never {
        // A reader that goes away (`| head`) is no reason to die in mid-job.
        signal(SIGPIPE, SIG_IGN)
        holdStandardDescriptors()
        KeptMemory.keepLargePieces()
        do {
            var command = try root.parseAsRoot(words?())
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            finish()
        } catch is Finding {
            finish(with: .found)
        } catch {
            let code = root.exitCode(for: error)
            let text = root.fullMessage(for: error)
            // Help and version are asked for; they go to standard output.
            if code == .success {
                Output.printLine(text)
                finish()
            }
            // The parser's own errors come with the usage.
            if code == .validationFailure {
                let more = origin(text).map { $0 + "\n" } ?? ""
                try? FileHandle.standardError.write(contentsOf: Data((text + "\n" + more).utf8))
                end(.wrongCommand)
            }
            if !(error is ExitCode) { complain("\(error)") }
            end(ExitStatus(of: error))
        }
    }

    private static func end(_ status: ExitStatus) -> Never { exit(status.rawValue) }

    private static func finish(with status: ExitStatus = .done) -> Never {
        guard let loss = Output.loss else { end(status) }
        complain("what was to be printed is lost: \(loss)")
        end(.failed)
    }

    /// Where standard input, output or error is closed, the next file that is opened would stand in its place, and take the log.
    private static func holdStandardDescriptors() {
        while true {
            let descriptor = open("/dev/null", O_RDWR)
            guard (0...2).contains(descriptor) else {
                if descriptor > 2 { close(descriptor) }
                return
            }
        }
    }

    private static func complain(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("error: \(text)\n".utf8))
    }
}
