import Foundation

/// A peer that stays: it says when it is ready, then runs once for every line that it gets and answers with the seconds.
final class PeerProcess {
    private let process: LineProcess
    /// What it says of itself.
    let name: String

    /// - Throws: `BenchmarkError` where it does not come up.
    init(_ arguments: [String]) throws {
        process = try LineProcess(arguments)
        let words = try process.nextLine().split(separator: " ")
        guard words.first == "ready" else {
            throw BenchmarkError(
                "'\(arguments.joined(separator: " "))' said '\(words.joined(separator: " "))', not 'ready'")
        }
        name = words.dropFirst().joined(separator: " ")
    }

    /// Runs once.
    func run() throws -> Double {
        let answer = try process.answer(to: "")
        guard let seconds = Double(answer) else { throw BenchmarkError("\(name) answered '\(answer)'") }
        return seconds
    }
}
