import ArgumentParser
import Foundation

/// Measures this project beside what a user would take instead; scripts/bench builds and starts it.
@main struct ComparisonsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measures this project beside what a user would take instead.")

    @Option(help: "Measure only these, by name or the beginning of a name, with commas between.")
    var only: String?
    @Flag(help: "List what can be measured.")
    var list = false
    @Option(help: "Write the results here, as JSON.")
    var json: String?
    @Option(help: "Put the results into the marked place of this page.")
    var page: String?
    @Option(help: "A Python that has onnx, onnxruntime, openvino, nncf, numpy, scipy and pillow.")
    var python: String?
    @Option(help: "The folder of the peers' scripts.")
    var peers: String
    @Option(help: "scripts/peers/held.c, built, where it works on this machine.")
    var holder: String?
    @Option(help: "The folder that scripts/peers/held_copies.py made, where the processor's cpuid cannot fault.")
    var heldCopies: String?
    @Option(help: "The folder of padim-coord and padim-worker.")
    var binaries: String
    @Option(help: "A folder of photographs.")
    var photographs: String
    @Option(help: "A folder for what is generated and kept.")
    var cache: String
    @Option(help: "The commit that is measured.")
    var commit: String
    @Option(help: "Rounds of each comparison.")
    var rounds = 7
    @Option(help: "Photographs of a whole job.")
    var jobImages = 656

    /// Memory comes first: a process that is started counts what its parent had at most as its own.
    private var all: [Comparison] {
        Memory.comparisons + Peaks.comparisons + Trunks.comparisons + IntegerTrunks.comparisons
            + (holder == nil ? [] : Trunks.heldComparisons + IntegerTrunks.heldComparisons) + Folding.comparisons
            + Inversion.comparisons
            + Jobs.comparisons + (holder == nil ? [] : Jobs.heldComparisons) + Latency.comparisons
            + Growth.comparisons
    }

    func validate() throws {
        guard rounds > 0, jobImages > 0 else { throw ValidationError("--rounds and --job-images count from 1") }
        if let only,
            let unknown = Self.wanted(only).first(where: { name in !all.contains { $0.name.hasPrefix(name) } })
        {
            throw ValidationError(
                "nothing is called '\(unknown)'; there are \(all.map(\.name).joined(separator: ", "))")
        }
    }

    func run() throws {
        if list { return print(all.map { "\($0.name)\t\($0.title)" }.joined(separator: "\n")) }
        let scratch = FileManager.default.temporaryDirectory.path + "/padim-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
        let surroundings = Surroundings(
            python: python, peers: peers, holder: holder, heldCopies: heldCopies, binaries: binaries,
            photographs: photographs, cache: cache, scratch: scratch, jobImages: jobImages)
        let wanted = only.map { Self.wanted($0) } ?? [""]
        var rows: [Row] = []
        for comparison in all where wanted.contains(where: comparison.name.hasPrefix) {
            let row = try Rounds(count: rounds).run(comparison, in: surroundings) { rewrite($0) }
            rewrite("")
            write(row.summary + "\n")
            rows.append(row)
        }
        let date = Date.now.formatted(.iso8601.year().month().day())
        let table = MarkdownTable(rows, measured: "\(date), \(commit)")
        print(table.text, terminator: "")
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(rows).write(to: URL(fileURLWithPath: json))
        }
        if let page {
            try PerformancePage(path: page).update(
                with: table, titles: all.map(\.title), machine: Machine.description)
        }
    }

    private static func wanted(_ text: String) -> [String] { text.split(separator: ",").map(String.init) }

    /// A round: one line that is rewritten, on a terminal only.
    private func rewrite(_ progress: String) {
        if isatty(STDERR_FILENO) == 1 { write("\r\u{1B}[K\(progress)") }
    }

    private func write(_ text: String) { try? FileHandle.standardError.write(contentsOf: Data(text.utf8)) }
}
