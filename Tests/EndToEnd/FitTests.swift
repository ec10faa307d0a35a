import Foundation
import Storage
import TestProcesses
import Testing

/// Real processes, real sockets, real kills: whatever happens to the workers, the model is one.
@Suite(.serialized) struct FitTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(160)
    }

    private func fit(_ job: String, _ more: [String], images: String? = nil) -> [String] {
        [
            "fit", "--images", images ?? list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
            "--features",
            "20", "--input-size", "96", "--shard-size", "8", "--job", workspace.file(job),
        ] + more
    }

    @Test func oneModelWhateverTheWorkers() throws {
        var digests: [String?] = []
        for (job, workers, threads) in [("one", 1, 1), ("two", 2, 1), ("three", 3, 2)] {
            let result = try run("padim-coord", fit(job, ["--local-workers", "\(workers)", "--threads", "\(threads)"]))
            #expect(result.status == 0, "\(result.errors)")
            digests.append(Workspace.modelDigest(result.output))
            #expect(try Digest(ofFile: workspace.file("\(job)/model.safetensors")).hex == digests.last ?? "none")
        }
        // Other shards in another order. What the lots are depends on the list.
        let ordered = try run("padim-coord", fit("ordered", ["--local-workers", "2", "--lots", "none"]))
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let reversed = try workspace.makeList("reversed.txt", names.reversed())
        let result = try run(
            "padim-coord",
            fit("reversed", ["--local-workers", "2", "--lots", "none"], images: reversed).map { $0 == "8" ? "13" : $0 })
        #expect(result.status == 0, "\(result.errors)")
        #expect(Workspace.modelDigest(result.output) != nil)
        #expect(Workspace.modelDigest(result.output) == Workspace.modelDigest(ordered.output))
        #expect(digests[0] != nil)
        #expect(Set(digests).count == 1)
    }

    /// Sums come as files of their worker where it sees the job's directory, else in chunks.
    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root")) func oneModelHoweverTheSumsCome() throws {
        let digests = try [true, false].map { sees in
            let name = "jobs/\(sees)"
            let coordinator = try RunningProgram(
                "padim-coord", fit(name, ["--bind", "tcp://127.0.0.1:0", "--checkpoint-images", "24"]))
            let address = try #require(coordinator.endpoint)
            let program = try RunningProgram.path(of: "padim-worker")
            let hide = sees ? "true" : "mount -t tmpfs tmpfs '\(workspace.file("jobs"))'"
            let worker = try RunningProgram(
                "/usr/bin/unshare",
                ["--mount", "/bin/sh", "-c", "\(hide) && exec '\(program)' --connect \(address) --threads 2"])
            #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
            #expect(worker.wait() == 0, "\(worker.standardError)")
            #expect(worker.standardError.contains("its sums are written into") == sees)
            #expect(!worker.standardError.contains("the sums are sent"))
            let left = try FileManager.default.contentsOfDirectory(atPath: workspace.file(name + "/partials"))
            #expect(!left.isEmpty && left.allSatisfy { $0.hasSuffix(".safetensors") }, "\(left)")
            return try #require(Workspace.modelDigest(coordinator.standardOutput))
        }
        #expect(Set(digests).count == 1)
    }

    /// An image that cannot be used leaves no trace in a model, and neither does the number of images asked for.
    @Test func theModelIsThatOfTheImagesThatCount() throws {
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: workspace.file("good/2.png")))
        let broken = try run("padim-coord", fit("broken", ["--local-workers", "2"]))
        #expect(broken.status == 0 && broken.output.contains("fitted 159 images, 1 unusable"), "\(broken.errors)")
        let rest = try workspace.makeList("rest.txt", names.filter { !$0.hasSuffix("good/2.png") })
        let without = try run("padim-coord", fit("without", ["--local-workers", "1"], images: rest))
        #expect(without.output.contains("fitted 159 images, 0 unusable"), "\(without.errors)")
        #expect(Workspace.modelDigest(broken.output) != nil)
        #expect(Workspace.modelDigest(broken.output) == Workspace.modelDigest(without.output))
    }

    @Test func aKilledWorkerChangesNothing() throws {
        // As large as to take a second.
        func large(_ job: String, _ more: [String]) -> [String] { fit(job, more).map { $0 == "96" ? "224" : $0 } }
        let undisturbed = try run("padim-coord", large("calm", ["--local-workers", "2", "--threads", "1"]))
        #expect(undisturbed.status == 0, "\(undisturbed.errors)")
        let coordinator = try RunningProgram("padim-coord", large("killed", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        func worker(_ name: String) throws -> RunningProgram {
            try RunningProgram("padim-worker", ["--connect", address, "--threads", "1", "--name", name])
        }
        var workers = [try worker("first")]
        #expect(workers[0].waitUntil { $0.contains("ready for stage 1") })
        workers.append(try worker("second"))
        #expect(coordinator.waitUntil { $0.contains("worker second joined") })
        kill(workers[0].id, SIGKILL)
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(undisturbed.output))
        #expect(workers[1].wait() == 0)
        #expect(workers[0].wait() == 128 + SIGKILL)
        #expect(coordinator.standardError.contains("worker first is gone"))
        #expect(coordinator.standardError.contains("dealt again"))
    }

    @Test func aStayingWorkerServesTheNextJob() throws {
        let first = try RunningProgram("padim-coord", fit("first", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(first.endpoint)
        let worker = try RunningProgram("padim-worker", ["--connect", address, "--stay"])
        #expect(first.wait() == 0, "\(first.standardError)")
        // A new journal counts from one again; the worker must not take its leases for those of the first job.
        let second = try run("padim-coord", fit("second", ["--bind", address]))
        #expect(second.status == 0, "\(second.errors)")
        #expect(Workspace.modelDigest(second.output) != nil)
        #expect(Workspace.modelDigest(second.output) == Workspace.modelDigest(first.standardOutput))
        kill(worker.id, SIGTERM)
        #expect(worker.wait() == 0, "\(worker.standardError)")
    }

    /// The next job's pictures have the names of the last one's, and are others: nothing that a worker remembers may stand for them.
    @Test func stayingWorkersSeeTheNextJobsPictures() throws {
        let first = try RunningProgram("padim-coord", fit("first", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(first.endpoint)
        let workers = try (1...2).map { number in
            try RunningProgram(
                "padim-worker", ["--connect", address, "--threads", "1", "--stay", "--name", "staying-\(number)"])
        }
        #expect(first.wait() == 0, "\(first.standardError)")
        _ = try workspace.makeImages(160, seed: 7)
        let second = try run("padim-coord", fit("second", ["--bind", address]))
        #expect(second.status == 0, "\(second.errors)")
        let fresh = try run("padim-coord", fit("fresh", ["--local-workers", "1"]))
        #expect(fresh.status == 0, "\(fresh.errors)")
        #expect(Workspace.modelDigest(second.output) != nil)
        #expect(Workspace.modelDigest(second.output) == Workspace.modelDigest(fresh.output))
        #expect(Workspace.modelDigest(second.output) != Workspace.modelDigest(first.standardOutput))
        for worker in workers {
            kill(worker.id, SIGTERM)
            #expect(worker.wait() == 0, "\(worker.standardError)")
        }
    }

    @Test(arguments: [false, true]) func aKilledCoordinatorGoesOnWhereItWas(damaged: Bool) throws {
        let undisturbed = try run("padim-coord", fit("calm", ["--local-workers", "1"]))
        let arguments = fit("resumed", ["--local-workers", "1", "--threads", "1", "--checkpoint-images", "16"])
        let first = try RunningProgram("padim-coord", arguments)
        let partials = workspace.file("resumed/partials")
        let deadline = Date() + Double(TestTimeout.seconds)
        while ((try? FileManager.default.contentsOfDirectory(atPath: partials)) ?? []).count < 2, Date() < deadline {
            usleep(2_000)
        }
        kill(first.id, SIGKILL)
        #expect(first.wait() == 128 + SIGKILL)
        #expect(!FileManager.default.fileExists(atPath: workspace.file("resumed/model.safetensors")))
        if damaged {
            // A flipped bit in the middle of sums that count already: they are made again.
            let names = try FileManager.default.contentsOfDirectory(atPath: partials).filter {
                $0.hasSuffix(".safetensors")
            }
            let path = try partials + "/" + #require(names.min())
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.errors.contains("folded again") == damaged)
        #expect(Workspace.modelDigest(second.output) != nil)
        #expect(Workspace.modelDigest(second.output) == Workspace.modelDigest(undisturbed.output))
        // Done, it is not done again.
        let third = try run("padim-coord", arguments)
        #expect(third.status == 0)
        #expect(third.output.contains("fitted before"))
        // Nor is a worker started for it.
        #expect(second.errors.contains("local-1") && !third.errors.contains("local-1"))
    }

    /// A long job's partials are added up on the way: the disk does not fill with them.
    @Test func manyPartialsBecomeFew() throws {
        let undisturbed = try run("padim-coord", fit("calm", ["--local-workers", "1"]))
        let often = try run("padim-coord", fit("often", ["--local-workers", "2", "--checkpoint-images", "8"]))
        #expect(often.status == 0, "\(often.errors)")
        #expect(Workspace.modelDigest(often.output) != nil)
        #expect(Workspace.modelDigest(often.output) == Workspace.modelDigest(undisturbed.output))
        let partials = try FileManager.default.contentsOfDirectory(atPath: workspace.file("often/partials"))
        #expect(partials.contains { $0.hasSuffix("-sum.safetensors") })
        #expect(partials.count < 8)
    }

    @Test func aStoppedJobMakesSafeWhatWasDone() throws {
        let arguments = fit("stopped", ["--local-workers", "1", "--threads", "1"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains("ready for stage 1") })
        usleep(100_000)
        kill(first.id, SIGTERM)
        #expect(first.wait() == 1, "\(first.standardError)")
        #expect(first.standardError.contains("goes on with it"))
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0, "\(second.errors)")
        let undisturbed = try run("padim-coord", fit("calm", ["--local-workers", "2"]))
        #expect(Workspace.modelDigest(second.output) == Workspace.modelDigest(undisturbed.output))
    }
}
