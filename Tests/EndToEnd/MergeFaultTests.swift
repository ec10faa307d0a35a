import Foundation
import Storage
import TestProcesses
import Testing

/// What may happen to processes while ranges of a fit's sums are merged: the model stays one.
@Suite(.serialized) struct MergeFaultTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(32)
    }

    private func fit(_ job: String, _ more: [String]) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "60", "--calibrate", "none", "--input-size", "160", "--shard-size", "8", "--worker-deadline", "2",
            "--job", workspace.file(job),
        ] + more
    }

    /// The digests of the model and of the sums.
    private func digests(_ job: String) throws -> [Digest] {
        try ["model", "statistics"].map { try Digest(ofFile: workspace.file("\(job)/\($0).safetensors")) }
    }

    private func calm(_ more: [String] = []) throws -> [Digest] {
        let calm = try run("padim-coord", fit("calm", ["--local-workers", "1"] + more))
        #expect(calm.status == 0, "\(calm.errors)")
        #expect(calm.errors.contains("workers have merged"), "\(calm.errors)")
        return try digests("calm")
    }

    private func worker(_ address: String, _ name: String) throws -> RunningProgram {
        try RunningProgram(
            "padim-worker", ["--connect", address, "--threads", "1", "--name", name, "--give-up", "20"])
    }

    /// Calls something when the model that is being merged has been opened so often: to be begun, by each worker that makes ready, and for
    /// each range.
    private func whenMerging(
        _ job: String, opening number: Int, _ body: @escaping @Sendable () -> Void
    ) throws -> OpenWatch {
        let count = Locked(0)
        try Folder.create(workspace.file(job))
        return try OpenWatch(workspace.file(job)) { name in
            guard name.hasPrefix("model.safetensors.") else { return }
            if count.withLock({
                $0 += 1; return $0
            }) == number {
                body()
            }
        }
    }

    @Test(arguments: [[], ["--shrinkage", "pooled:30"]]) func whoeverMergesTheModelIsTheSame(
        _ more: [String]
    ) throws {
        let calm = try calm(more)
        let many = try run("padim-coord", fit("many", ["--local-workers", "3", "--threads", "1"] + more))
        #expect(many.status == 0 && many.errors.contains("workers have merged"), "\(many.errors)")
        #expect(try digests("many") == calm)
        // The model again of the same sums, by one process.
        #expect(
            try run(
                "padim",
                ["model", "build", workspace.file("calm/statistics.safetensors"), "--output", workspace.file("model")]
                    + more
            ).status == 0)
        #expect(try Digest(ofFile: workspace.file("model")) == calm[0])
    }

    @Test(arguments: [4, 6, 9]) func aWorkerThatIsKilledLosesNothing(opening: Int) throws {
        let coordinator = try RunningProgram("padim-coord", fit("killed", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let (one, two) = try (worker(address, "one"), worker(address, "two"))
        let id = one.id
        let watch = try whenMerging("killed", opening: opening) { kill(id, SIGKILL) }
        defer { watch.stop() }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(two.wait() == 0, "\(two.standardError)")
        #expect(try digests("killed") == calm())
    }

    /// It is given up while it stands still, and goes on when the files have their names.
    @Test func aWorkerThatSleepsWritesIntoNoFileThatCounts() throws {
        let coordinator = try RunningProgram("padim-coord", fit("slept", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let sleeper = try worker(address, "sleeper")
        let id = sleeper.id
        let watch = try whenMerging("slept", opening: 3) { kill(id, SIGSTOP) }
        defer {
            watch.stop()
            kill(id, SIGCONT)
        }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        let made = try digests("slept")
        kill(id, SIGCONT)
        #expect(made == (try calm()))
        #expect(try digests("slept") == made)
    }

    @Test(arguments: [2, 5]) func aCoordinatorThatIsKilledBeginsTheMergeAnew(opening: Int) throws {
        let command = fit("again", ["--local-workers", "2", "--threads", "1"])
        let coordinator = try RunningProgram("padim-coord", command)
        let id = coordinator.id
        let watch = try whenMerging("again", opening: opening) { kill(id, SIGKILL) }
        _ = coordinator.wait()
        watch.stop()
        let again = try run("padim-coord", command)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try digests("again") == calm())
        let left = try FileManager.default.contentsOfDirectory(atPath: workspace.file("again"))
        #expect(!left.contains { $0.hasPrefix("model.safetensors.") || $0.hasPrefix("statistics.safetensors.") })
    }
}
