import Foundation
import TestProcesses
import Testing

/// Options in files, and the file that repeats a job.
@Suite struct OptionFileTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(8)
    }

    private func write(_ text: String) throws -> String {
        try text.write(toFile: workspace.file("options.yaml"), atomically: true, encoding: .utf8)
        return workspace.file("options.yaml")
    }

    @Test func aJobsFileRepeatsIt() throws {
        let file = try write(
            """
            images: '\(list)'
            backbone: efficientnet_lite0
            weights: '\(Workspace.weights)'
            features: 10
            input-size: 64
            calibrate: none
            threads: 1
            shard-size: 2000000
            """)
        let first = try run(
            "padim-coord", ["fit", "--config", file, "--shard-size", "4", "--job", workspace.file("one")])
        #expect(first.status == 0, "\(first.errors)")
        let again = try run(
            "padim-coord", ["fit", "--config", workspace.file("one/job.yaml"), "--job", workspace.file("two")])
        #expect(again.status == 0, "\(again.errors)")
        let digest = Workspace.modelDigest(first.output)
        #expect(digest != nil && digest == Workspace.modelDigest(again.output))
        // Given as it is, it goes on with its own job, which is done.
        let same = try run("padim-coord", ["fit", "--config", workspace.file("one/job.yaml")])
        #expect(same.status == 0 && Workspace.modelDigest(same.output) == digest, "\(same.errors)")
    }

    @Test(arguments: [
        ("shard-siz: 3", "line 1", "shard-size"), ("threads: 1\nshard-size: many", "line 2: shard-size", "many"),
        ("\nthreads: [1]", "line 2", "not a list"), ("trim: yes", "line 1", "trim: true"),
        ("job: *x", "line 1", "quotes"),
    ])
    func whatIsWrongIsSaidWithItsLine(_ text: String, _ line: String, _ words: String) throws {
        let file = try write(text)
        let result = try run(
            "padim-coord",
            ["fit", "--config", file, "--images", list, "--backbone", "resnet18", "--job", workspace.file("job")])
        #expect(result.status == 2 && result.errors.contains(line) && result.errors.contains(words), "\(result.errors)")
        #expect(result.errors.contains(file))
    }

    @Test func aFileThatIsNotThereIsSaid() throws {
        let result = try run("padim-coord", ["fit", "--config", workspace.file("none.yaml")])
        #expect(result.status == 2 && result.errors.contains("none.yaml"), "\(result.errors)")
    }
}
