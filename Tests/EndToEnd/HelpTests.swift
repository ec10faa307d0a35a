import TestProcesses
import Testing

/// The help of the coordinator's commands: the usual options first, the others under headings.
@Suite struct HelpTests {
    @Test(arguments: ["fit", "inspect", "run", "calibrate"]) func theUsualOptionsAreFirst(command: String) throws {
        let help = try run("padim-coord", [command, "--help"])
        #expect(help.status == 0)
        let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
        let headings = lines.filter { $0.hasSuffix(":") && !$0.hasPrefix(" ") && $0 == $0.uppercased() }.map(
            String.init)
        #expect(headings.first == "USUAL OPTIONS:" && headings.last == "OPTIONS:", "\(headings)")
        for heading in ["THRESHOLDS:", "WORKERS:", "LIMITS:", "WATCHING THE JOB:"] {
            #expect(headings.contains(heading))
        }
        let usual = lines.drop { $0 != "USUAL OPTIONS:" }.dropFirst().prefix { !$0.isEmpty }.joined(separator: "\n")
        for option in ["--images", "--job", "--config"] { #expect(usual.contains(option)) }
        #expect(help.output.contains("Example") && help.output.contains("padim-coord \(command) "))
        // What is left are options that every command has.
        let rest = lines.drop { $0 != "OPTIONS:" }.dropFirst().filter { $0.hasPrefix("  -") }
        #expect(rest.count == 2, "\(rest)")
    }
}
