import Foundation
import Storage
import TestProcesses
import TestSupport
import Testing

/// What may happen to a fit's processes, one thing at a time: the model stays one.
@Suite(.serialized) struct FaultTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(96)
    }

    private func fit(_ job: String, _ more: [String]) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "20", "--calibrate", "none", "--input-size", "96", "--shard-size", "8", "--checkpoint-images", "24",
            "--worker-deadline", "2",
            "--job", workspace.file(job),
        ] + more
    }

    private func calmDigest() throws -> String {
        let calm = try run("padim-coord", fit("calm", ["--local-workers", "1"]))
        #expect(calm.status == 0, "\(calm.errors)")
        return try #require(Workspace.modelDigest(calm.output))
    }

    private func worker(_ address: String, _ name: String, _ more: [String] = []) throws -> RunningProgram {
        try RunningProgram(
            "padim-worker", ["--connect", address, "--threads", "1", "--name", name, "--give-up", "20"] + more)
    }

    @Test func aWorkerThatSleepsPastItsDeadlineStartsAnew() throws {
        let coordinator = try RunningProgram("padim-coord", fit("slept", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let sleeper = try worker(address, "sleeper")
        let id = sleeper.id
        // In the middle of its shards, with sums that nobody else has.
        let watch = try OpenWatch(workspace.file("good")) { name in if name == "40.png" { kill(id, SIGSTOP) } }
        defer { watch.stop() }
        #expect(coordinator.waitUntil { $0.contains("worker sleeper is gone") }, "\(coordinator.standardError)")
        watch.stop()
        kill(id, SIGCONT)
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(sleeper.wait() == 0, "\(sleeper.standardError)")
        #expect(coordinator.standardError.components(separatedBy: "worker sleeper joined").count == 3)
        #expect(Workspace.modelDigest(coordinator.standardOutput) == (try calmDigest()))
    }

    static let leasesWork = FileLease.works(in: FileManager.default.temporaryDirectory.path)

    /// Its heart beats while it waits for an image that its disk does not give.
    @Test(.enabled(if: leasesWork)) func aWorkerThatHangsIsGivenUp() throws {
        let lease = try #require(FileLease(workspace.file("good/40.png")))
        let coordinator = try RunningProgram(
            "padim-coord", fit("hung", ["--bind", "tcp://127.0.0.1:0", "--shard-deadline", "8"]))
        let address = try #require(coordinator.endpoint)
        let one = try worker(address, "one")
        #expect(coordinator.waitUntil { $0.contains("worker one is heard of, but has done nothing of its work") })
        #expect(lease.isAskedFor)
        #expect(coordinator.isRunning && one.isRunning)
        lease.release()
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(one.wait() == 0, "\(one.standardError)")
        #expect(Workspace.modelDigest(coordinator.standardOutput) == (try calmDigest()))
    }

    /// Somebody ends it: it hands over what it has and goes in peace, and the job still needs one.
    @Test func aLocalWorkerThatIsAskedToGoIsReplaced() throws {
        let coordinator = try RunningProgram("padim-coord", fit("asked", ["--local-workers", "1", "--threads", "1"]))
        let id = coordinator.id
        let asked = Asked()
        let watch = try OpenWatch(workspace.file("good")) { name in
            guard name == "40.png", asked.isFirst() else { return }
            for child in RunningProgram.children(of: id) { kill(child, SIGTERM) }
        }
        defer { watch.stop() }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(coordinator.standardError.contains("worker local-2 joined"), "\(coordinator.standardError)")
        #expect(Workspace.modelDigest(coordinator.standardOutput) == (try calmDigest()))
    }

    /// The one that started it was gone before it could look.
    @Test func aWorkerWithoutItsParentEnds() throws {
        let orphan = try RunningProgram(
            "padim-worker", ["--connect", "tcp://127.0.0.1:1", "--exit-with-parent", "\(getppid())"])
        #expect(orphan.wait() == 1)
    }

    @Test func aWrongCommandLeavesNoWorker() throws {
        let wrong = try RunningProgram(
            "padim-coord", ["fit", "--images", "/nowhere", "--backbone", "resnet18", "--job", "/nowhere/job"])
        let id = wrong.id
        #expect(wrong.wait() == 2)
        #expect(try RunningProgram.orphans(of: id).isEmpty)
        #expect(!wrong.standardError.contains("worker"), "\(wrong.standardError)")
    }

    @Test func twoWorkersOfOneName() throws {
        let coordinator = try RunningProgram("padim-coord", fit("twins", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let twins = [try worker(address, "twin"), try worker(address, "twin")]
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        for twin in twins { #expect(twin.wait() == 0, "\(twin.standardError)") }
        #expect(Workspace.modelDigest(coordinator.standardOutput) == (try calmDigest()))
    }

    @Test func aWorkerOfAnotherReleaseIsSentAway() throws {
        let coordinator = try RunningProgram("padim-coord", fit("old", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let answer = try Stranger.say(Stranger.hello(version: 0, name: "old"), to: address)
        guard case .refused(let reason)? = answer else {
            Issue.record("it was answered with \(String(describing: answer))")
            return
        }
        #expect(reason.contains("protocol 0") && reason.contains("same release"))
        // One whose hello has other fields altogether is told so as well.
        let strange = try Stranger.say(["hello": ["version": 7, "colour": 3]], to: address)
        guard case .refused? = strange else {
            Issue.record("it was answered with \(String(describing: strange))")
            return
        }
        let able = try worker(address, "able")
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(able.wait() == 0)
        #expect(Workspace.modelDigest(coordinator.standardOutput) == (try calmDigest()))
    }

    /// The coordinator is killed; the worker that was there goes on, or other ones come.
    @Test(arguments: [true, false]) func aKilledCoordinatorIsStartedAgain(workerStays: Bool) throws {
        let first = try RunningProgram("padim-coord", fit("killed", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(first.endpoint)
        let id = first.id
        let watch = try OpenWatch(workspace.file("good")) { name in if name == "60.png" { kill(id, SIGKILL) } }
        let old = try worker(address, "old")
        #expect(first.wait() == 128 + SIGKILL)
        watch.stop()
        if !workerStays { kill(old.id, SIGKILL) }
        let recount = try OpenWatch(workspace.file("good"))
        let second = try RunningProgram("padim-coord", fit("killed", ["--bind", address]))
        let new = workerStays ? old : try worker(address, "new")
        #expect(second.wait() == 0, "\(second.standardError)")
        #expect(new.wait() == 0, "\(new.standardError)")
        recount.stop()
        // Two checkpoints of 24 images were made before the 60th image was begun.
        #expect(recount.openings.count <= 96 - 24, "\(recount.openings.count) images were worked on again")
        #expect(Workspace.modelDigest(second.standardOutput) == (try calmDigest()))
    }

    @Test func localWorkersShowTheirKeys() throws {
        let keys = workspace.file("keys")
        for command in [["new", "coordinator"], ["new", "here"], ["allow", "\(keys)/here.pub"]] {
            let made = try run("padim", ["keys"] + command + ["--keys", keys])
            #expect(made.status == 0, "\(made.errors)")
        }
        let locked = try run("padim-coord", fit("locked", ["--local-workers", "2", "--keys", keys]))
        #expect(locked.status == 0, "\(locked.errors)")
        #expect(Workspace.modelDigest(locked.output) == (try calmDigest()))
        let revoked = try run("padim", ["keys", "revoke", "here", "--keys", keys])
        #expect(revoked.status == 0, "\(revoked.errors)")
        let refused = try run("padim-coord", fit("refused", ["--local-workers", "1", "--keys", keys]))
        #expect(refused.status == 2 && refused.errors.contains("here.pub"), "\(refused.errors)")
    }
}

/// True the first time.
private final class Asked: @unchecked Sendable {
    private let lock = NSLock()
    private var asked = false

    func isFirst() -> Bool {
        lock.withLock {
            defer { asked = true }
            return !asked
        }
    }
}
