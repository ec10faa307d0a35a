import Foundation
import Storage
import TestProcesses
import Testing

/// Jobs whose images give several samples, tiles or augmented copies: what the workers do, and what happens to them, changes no bit; and an
/// image's samples go together.
@Suite(.serialized) struct SampleTests {
    let workspace: Workspace
    let list: String

    static let kinds = [
        ["--tile", "40", "--overlap", "16"], ["--tile", "40", "--tile-positions", "own"],
        ["--augment", "rotate:10,resize:110,crop:96", "--augment-copies", "3", "--augment-seed", "4"],
    ]

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(48)
    }

    private func fit(_ job: String, _ kind: [String], _ more: [String], images: String? = nil) -> [String] {
        [
            "fit", "--images", images ?? list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
            "--features", "20", "--input-size", "96", "--shard-size", "4", "--job", workspace.file(job),
        ] + kind + more
    }

    private func model(_ job: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: workspace.file(job + "/model.safetensors")))
    }

    @Test(arguments: kinds) func aKilledWorkerChangesNothing(kind: [String]) throws {
        let calm = try run("padim-coord", fit("calm", kind, ["--local-workers", "1"]))
        #expect(calm.status == 0, "\(calm.errors)")
        #expect(calm.output.contains("fitted 48 images"))
        let coordinator = try RunningProgram("padim-coord", fit("killed", kind, ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        func worker(_ name: String) throws -> RunningProgram {
            try RunningProgram("padim-worker", ["--connect", address, "--threads", "2", "--name", name])
        }
        let first = try worker("first")
        #expect(first.waitUntil { $0.contains("ready for stage 1") })
        let second = try worker("second")
        #expect(coordinator.waitUntil { $0.contains("worker second joined") })
        kill(first.id, SIGKILL)
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(second.wait() == 0)
        #expect(try model("killed") == model("calm"))
        #expect(Workspace.modelDigest(calm.output) != nil)
        // Inspected by one worker or three, with one thread or two, results and maps are the same.
        for (job, more) in [("one", ["--local-workers", "1"]), ("three", ["--local-workers", "3", "--threads", "2"])] {
            let augment = kind[0] == "--augment" ? ["--augment", "model"] : []
            let inspected = try run(
                "padim-coord",
                [
                    "inspect", "--images", list, "--model", workspace.file("calm/model.safetensors"), "--weights",
                    Workspace.weights, "--false-alarm-rate", "10%", "--overlays", "all", "--shard-size", "5", "--job",
                    workspace.file(job),
                ] + augment + more)
            #expect(inspected.status == 0, "\(inspected.errors)")
            #expect(inspected.output.contains("inspected 48 images"))
        }
        for name in ["results.csv", "maps/good/7.png", "overlays/good/7.png"] {
            let (one, three) = try (
                Data(contentsOf: URL(fileURLWithPath: workspace.file("one/" + name))),
                Data(contentsOf: URL(fileURLWithPath: workspace.file("three/" + name)))
            )
            #expect(one == three, "\(name)")
        }
    }

    /// An image that is left out, or taken out afterwards, leaves nothing of its samples behind.
    @Test(arguments: kinds) func imagesLeaveWithTheirSamples(kind: [String]) throws {
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let wrong = try workspace.makeList("wrong.txt", Array(names[3..<5]))
        let rest = try workspace.makeList("rest.txt", names.filter { !names[3..<5].contains($0) })
        let without = try run(
            "padim-coord", fit("without", kind, ["--local-workers", "2", "--lots", "none"], images: rest))
        #expect(without.status == 0, "\(without.errors)")
        let whole = try run("padim-coord", fit("whole", kind, ["--local-workers", "2", "--lots", "none"]))
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(try model("whole") != model("without"))
        let right = workspace.file("right.safetensors")
        let subtracted = try run(
            "padim",
            [
                "statistics", "subtract", workspace.file("whole/statistics.safetensors"), "--images", wrong,
                "--weights",
                Workspace.weights, "--output", right,
            ])
        #expect(subtracted.status == 0, "\(subtracted.errors)")
        let sums = try Data(contentsOf: URL(fileURLWithPath: workspace.file("without/statistics.safetensors")))
        #expect(try Data(contentsOf: URL(fileURLWithPath: right)) == sums)
        let excluded = try run(
            "padim-coord", fit("whole", kind, ["--local-workers", "2", "--lots", "none", "--exclude", wrong]))
        #expect(excluded.status == 0, "\(excluded.errors)")
        #expect(try model("whole") == model("without"))
    }

    @Test func whatCannotBeIsSaid() throws {
        for (options, words) in [
            (["--tile", "8"], "16 to"), (["--overlap", "8"], "go with --tile"),
            (["--tile", "40", "--overlap", "21"], "0 to 20"),
            (["--tile", "40", "--crop", "96"], "leave out resize and crop"), (["--augment", "flip"], "rotate:DEGREES"),
            (["--augment", "rotate:10", "--tile", "40"], "do not go together"),
            (["--augment-copies", "2"], "go with --augment"),
            (["--augment", "rotate:10", "--augment-copies", "0"], "1 to 64"),
            (["--augment", "resize:110"], "needs a crop"),
            (["--augment", "crop:96", "--crop", "90"], "leave them out"),
        ] {
            let result = try run("padim-coord", fit("wrong", options, ["--local-workers", "1"]))
            #expect(result.status == 2, "\(options) \(result.errors)")
            #expect(result.errors.contains(words), "\(options) \(result.errors)")
        }
        // Every image is smaller than the tile: the job ends, and says why.
        let small = try run("padim-coord", fit("small", ["--tile", "65"], ["--local-workers", "1"]))
        #expect(small.status == 1 && small.errors.contains("less than a tile of 65"), "\(small.errors)")
    }
}
