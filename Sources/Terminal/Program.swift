import ArgumentParser
import Foundation

/// Runs a command and ends the process with the status that the documentation promises: 0 done; 1 the job failed; 2 the
/// command is wrong.
public enum Program {
    public static func run(_ root: (some ParsableCommand).Type) async -> Never {
        // A reader that goes away (`| head`) is no reason to die in mid-job.
        signal(SIGPIPE, SIG_IGN)
        holdStandardDescriptors()
        KeptMemory.keepLargePieces()
        do {
            var command = try root.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            finish()
        } catch let error as WrongCommand {
            complain("\(error)")
            exit(2)
        } catch {
            let code = root.exitCode(for: error)
            let text = root.fullMessage(for: error)
            // Help and version are asked for; they go to standard output.
            if code == .success {
                Output.say(text)
                finish()
            }
            if code == .validationFailure {
                try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
                exit(2)
            }
            if !(error is ExitCode) { complain("\(error)") }
            exit(1)
        }
    }

    private static func finish() -> Never {
        guard let loss = Output.loss else { exit(0) }
        complain("what was to be printed is lost: \(loss)")
        exit(1)
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

/// The command asks for something impossible: exit status 2.
public struct WrongCommand: Error, CustomStringConvertible, Sendable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
