import Foundation
import Storage
import TestProcesses
import Testing

/// Where relays stand: behind each other, with keys at each hop, in circles; and where they keep sums.
@Suite(.serialized) struct RelayPlacesTests {
    private let job: RelayJob
    private var workspace: Workspace { job.workspace }

    init() throws { job = try RelayJob(images: 60) }

    private func fit(_ name: String, _ options: [String]) -> [String] {
        job.fit(name, ["--calibrate", "none"] + options)
    }

    private func worker(_ name: String, _ parent: String, _ more: [String] = []) throws -> RunningProgram {
        try RunningProgram(
            "padim-worker", ["--connect", parent, "--threads", "1", "--name", name, "--give-up", "60"] + more)
    }

    /// A directory in which somebody is the coordinator, and some are let in.
    private func keys(_ name: String, letting guests: [String]) throws -> String {
        let folder = workspace.file(name)
        for command in [["new", "coordinator"]] + guests.flatMap({ [["new", $0], ["allow", "\(folder)/\($0).pub"]] }) {
            let made = try run("padim", ["keys"] + command + ["--keys", folder])
            #expect(made.status == 0, "\(made.errors)")
        }
        return folder
    }

    /// Coordinator, relay, relay, workers: each hop has keys of its own, and the model is that of a single machine.
    @Test func relaysBehindRelaysWithKeysAtEachHop() throws {
        let direct = try run("padim-coord", fit("direct", ["--local-workers", "1"]))
        let expected = try #require(Workspace.modelDigest(direct.output), "\(direct.errors)")
        let (top, middle, low) = (
            try keys("keys-top", letting: ["outer"]), try keys("keys-middle", letting: ["inner"]),
            try keys("keys-low", letting: ["workers"])
        )
        let coordinator = try RunningProgram("padim-coord", fit("nested", RelayJob.bound + ["--keys", top]))
        let outer = try job.relay(
            "outer", try #require(coordinator.endpoint), ["--keys", top, "--worker-keys", middle])
        let inner = try job.relay("inner", try #require(outer.endpoint), ["--keys", middle, "--worker-keys", low])
        let address = try #require(inner.endpoint)
        let workers = try (1...2).map { try worker("w\($0)", address, ["--keys", low]) }
        // The key of another hop opens nothing.
        let stranger = try worker("stranger", address, ["--keys", middle])
        defer { RelayJob.kill([coordinator, outer, inner, stranger] + workers) }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(inner.standardError)")
        #expect(Workspace.modelDigest(coordinator.standardOutput) == expected)
        #expect([outer, inner].allSatisfy { $0.wait() == 0 }, "\(outer.standardError) \(inner.standardError)")
        #expect(workers.allSatisfy { $0.wait() == 0 })
        #expect(!inner.standardError.contains("stranger joined"), "\(inner.standardError)")
        // One place knows of all processors.
        #expect(coordinator.standardError.contains("behind relay outer are workers with "))
    }

    /// Relays that are each other's parents would wait for ever. One of them, or both, say so and end.
    @Test(arguments: [1, 2, 3]) func circlesAreNoticed(relays count: Int) throws {
        let probe = try job.relay("probe", "tcp://127.0.0.1:9")
        let last = try #require(probe.endpoint)
        kill(probe.id, SIGKILL)
        _ = probe.wait()
        // Each is the parent of the next one, and the last one of the first. The one of a single relay has another name of the same host.
        var parent = count == 1 ? last.replacing("127.0.0.1", with: "localhost") : last
        var relays: [RunningProgram] = []
        defer { RelayJob.kill(relays) }
        for place in 1...count {
            relays.append(try job.relay("r\(place)", parent, bind: place == count ? last : "tcp://127.0.0.1:0"))
            parent = try #require(relays.last?.endpoint)
        }
        let deadline = Date() + Double(TestTimeout.seconds)
        while relays.allSatisfy(\.isRunning), Date() < deadline { usleep(20_000) }
        let ended = try #require(relays.first { !$0.isRunning }, "no relay has ended")
        #expect(ended.wait() == 1)
        let words = ended.standardError
        #expect(words.contains("is its own parent") && words.contains("--connect"), "\(words)")
        #expect(words.contains(try #require(ended.endpoint)), "\(words)")
        if count == 3 { #expect(words.contains("by the relays r"), "\(words)") }
    }

    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root")) func aFullDiskIsSaidAtTheStart() throws {
        let disk = try SmallDisk(workspace.file("small"), size: "1m")
        defer { disk.end() }
        try disk.fill()
        let program = try job.relay("r", "tcp://127.0.0.1:9", ["--scratch", disk.path])
        defer { RelayJob.kill([program]) }
        #expect(program.wait() == 1)
        let words = program.standardError
        #expect(words.contains(disk.path) && words.contains("No space left") && words.contains("--scratch"), "\(words)")
    }

    /// The coordinator hears what is missing before any work is done; when there is room the relay comes back by itself.
    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root")) func aDiskTooSmallIsSaidWhenAStageBegins() throws {
        let disk = try SmallDisk(workspace.file("small"), size: "6m")
        defer { disk.end() }
        let coordinator = try RunningProgram("padim-coord", fit("small", RelayJob.bound))
        let program = try job.relay("r", try #require(coordinator.endpoint), ["--scratch", disk.path])
        let hand = try worker("w", try #require(program.endpoint))
        defer { RelayJob.kill([coordinator, program, hand]) }
        #expect(coordinator.waitUntil { $0.contains("worker r cannot do this job") }, "\(coordinator.standardError)")
        let words = coordinator.standardError
        #expect(
            words.contains(disk.path) && words.contains("are free there") && words.contains("--scratch"), "\(words)")
        #expect(program.waitUntil { $0.contains("are free there") }, "\(program.standardError)")
        disk.resize("300m")
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(program.standardError)")
        try isTheModel(coordinator)
        #expect(program.wait() == 0 && hand.wait() == 0, "\(program.standardError)")
    }

    /// What was kept is lost, nobody is blamed, and no image is counted twice or left out.
    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root")) func aDiskThatFillsLosesNoShards() throws {
        let disk = try SmallDisk(workspace.file("small"), size: "300m")
        defer { disk.end() }
        let coordinator = try RunningProgram("padim-coord", fit("filled", RelayJob.bound))
        let program = try job.relay("r", try #require(coordinator.endpoint), ["--scratch", disk.path])
        defer { RelayJob.kill([coordinator, program]) }
        #expect(coordinator.waitUntil { $0.contains("worker r joined") })
        // It has looked at the disk when it was told of the stage.
        usleep(2_000_000)
        try disk.fill()
        let hand = try worker("w", try #require(program.endpoint))
        defer { RelayJob.kill([hand]) }
        #expect(coordinator.waitUntil { $0.contains("worker r cannot do this job") }, "\(coordinator.standardError)")
        #expect(program.standardError.contains("begins anew: cannot"), "\(program.standardError)")
        #expect(coordinator.standardError.contains("No space left"), "\(coordinator.standardError)")
        disk.free()
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(program.standardError)")
        try isTheModel(coordinator)
        #expect(!coordinator.standardError.contains("workers died"), "\(coordinator.standardError)")
    }

    private func isTheModel(_ coordinator: RunningProgram) throws {
        let direct = try run("padim-coord", fit("direct", ["--local-workers", "1"]))
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(direct.output))
        #expect(Workspace.modelDigest(direct.output) != nil, "\(direct.errors)")
    }
}

/// A disk in memory, of a size that it keeps to.
private struct SmallDisk {
    let path: String

    init(_ path: String, size: String) throws {
        self.path = path
        try Folder.create(path)
        try #require(Self.shell("mount -t tmpfs -o size=\(size) tmpfs '\(path)'") == 0)
    }

    func resize(_ size: String) { _ = Self.shell("mount -o remount,size=\(size) '\(path)'") }
    /// Not a byte is left.
    func fill() throws {
        _ = Self.shell("cat /dev/zero > '\(path)/other'")
        try #require(FileManager.default.fileExists(atPath: path + "/other"))
    }

    func free() { unlink(path + "/other") }
    func end() { _ = Self.shell("umount -l '\(path)'") }

    private static func shell(_ command: String) -> Int32 {
        (try? run("/bin/sh", ["-c", command]).status) ?? -1
    }
}
