import Foundation
import Storage
import TestProcesses
import Testing

/// docs/TUTORIAL.md: its commands are run in their order, and what it says that they print is printed.
@Suite struct TutorialTests {
    /// The page's parts that are told apart by the word behind three backquotes, in their order.
    private func blocks(_ page: String) -> [(language: Substring, text: String)] {
        let parts = page.components(separatedBy: "\n```")
        return stride(from: 1, to: parts.count - 1, by: 2).map { index in
            let language = parts[index].prefix { $0 != "\n" }
            return (language, String(parts[index].dropFirst(language.count + 1)))
        }
    }

    /// Numbers differ in their last digits from one instruction set to another.
    private func withoutNumbers(_ line: some StringProtocol) -> String {
        line.trimmingCharacters(in: .whitespaces).replacing(#/[0-9]+(\.[0-9]+)?/#) { _ in "#" }
    }

    @Test func everyCommandOfTheTutorialWorks() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/TUTORIAL.md"), encoding: .utf8)
        let blocks = blocks(page)
        let commands = blocks.filter { $0.language == "bash" }.map(\.text)
        #expect(commands.count >= 10)
        let workspace = try Workspace()
        let script = (["set -euxo pipefail"] + commands).joined(separator: "\n")
        let programs = (try RunningProgram.path(of: "padim") as NSString).deletingLastPathComponent
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let shell = try RunningProgram(
            "/bin/bash", ["-c", "cd '\(workspace.path)'; \(script)"],
            environment: ["PATH": "\(programs):\(path)", "PADIM_CACHE": CacheDirectory.standard.path])
        #expect(shell.wait() == 0, "\(shell.standardOutput)\(shell.standardError)")
        let printed = Set((shell.standardOutput + shell.standardError).split(separator: "\n").map(withoutNumbers))
        for line in blocks.filter({ $0.language == "text" }).flatMap({ $0.text.split(separator: "\n") }) {
            #expect(printed.contains(withoutNumbers(line)), "\(line)")
        }
    }
}
