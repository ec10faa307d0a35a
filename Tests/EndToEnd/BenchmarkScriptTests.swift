import Foundation
import TestProcesses
import Testing

/// `scripts/benchmark-mvtec`, on a small data set that is laid out as MVTec AD.
@Suite struct BenchmarkScriptTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private let workspace: Workspace

    init() throws {
        workspace = try Workspace()
        let maker = Self.root + "/Tests/ImageLists/Fixtures/make_layouts.py"
        let made = try run("/usr/bin/env", ["python3", maker, "--into", workspace.path, "--only", "mvtec"])
        #expect(made.status == 0, "\(made.errors)")
    }

    private func benchmark(_ more: [String]) throws -> (status: Int32, output: String, errors: String) {
        let programs = (try RunningProgram.path(of: "padim") as NSString).deletingLastPathComponent
        return try run(
            "/usr/bin/env",
            [
                "PADIM_BUILT=1", "PADIM_BINARIES=\(programs)", "bash", Self.root + "/scripts/benchmark-mvtec",
                workspace.file("mvtec"), "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--rd",
                "12",
                "--job", workspace.file("job"),
            ] + more)
    }

    /// The figures of a line of the table.
    private func figures(_ output: String, _ name: String) throws -> [Double] {
        let line = try #require(
            output.split(separator: "\n").first { $0.hasPrefix(name + "  ") || $0.hasPrefix(name + " ") })
        return line.dropFirst(22).split(separator: " ").compactMap { Double($0) }
    }

    /// A part of the categories first, then all: what is done stays, and the means are those of the categories.
    @Test func theTablesArePrinted() throws {
        let part = try benchmark(["--categories", "bottle,carpet"])
        #expect(part.status == 0, "\(part.errors)")
        #expect(part.output.contains("all, mean of 2") && !part.output.contains("metal nut"))

        let whole = try benchmark([])
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(
            whole.errors.contains("bottle: model.safetensors") || whole.errors.contains("(fitted before)"),
            "\(whole.errors)")
        let rows = try ["carpet", "bottle", "metal nut"].map { try figures(whole.output, $0) }
        // Image AUROC, pixel AUROC and PRO; the paper has none of this backbone.
        #expect(rows.allSatisfy { $0.count == 3 && $0.allSatisfy { (0...100).contains($0) } })
        for (title, parts) in [
            ("textures, mean of 1", [0]), ("objects, mean of 2", [1, 2]), ("all, mean of 3", [0, 1, 2]),
        ] {
            let mean = try figures(whole.output, title)
            for column in 0..<3 {
                let expected = parts.map { rows[$0][column] }.reduce(0, +) / Double(parts.count)
                #expect(abs(mean[column] - expected) < 0.11, "\(title): \(whole.output)")
            }
        }
        #expect(try String(contentsOfFile: workspace.file("job/table.txt"), encoding: .utf8) == whole.output)

        let again = try benchmark([])
        #expect(again.status == 0 && again.output == whole.output)
        #expect(!again.errors.contains("listening"), "\(again.errors)")
    }

    @Test func whatIsMissingIsSaid() throws {
        try FileManager.default.removeItem(atPath: workspace.file("mvtec/carpet/train"))
        let result = try benchmark([])
        #expect(result.status != 0 && result.errors.contains("it has no folder train/good"), "\(result.errors)")
        let other = try benchmark(["--categories", "cable"])
        #expect(other.status != 0, "\(other.errors)")
    }
}
