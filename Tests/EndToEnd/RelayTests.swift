import Foundation
import Storage
import TestProcesses
import Testing

/// Relays between a coordinator and its workers, as real processes. The workers do not see the job's directory.
@Suite(.serialized, .enabled(if: Mounting.isAllowed, "mounting needs root")) struct RelayTests {
    private let job: RelayJob

    init() throws { job = try RelayJob(images: 160) }

    /// A relay with two workers.
    private struct Site {
        let relay: RunningProgram
        let workers: [RunningProgram]

        init(_ name: String, _ parent: String, _ job: RelayJob, hiding hidden: [String] = ["jobs"]) throws {
            relay = try job.relay(name, parent)
            let address = try #require(relay.endpoint)
            let program = try RunningProgram.path(of: "padim-worker")
            let hide = hidden.map { "mount -t tmpfs tmpfs '\(job.workspace.file($0))'" }.joined(separator: " && ")
            workers = try (1...2).map { number in
                try RunningProgram(
                    "/usr/bin/unshare",
                    [
                        "--mount", "/bin/sh", "-c",
                        "\(hide) && exec '\(program)' --connect \(address) "
                            + "--threads 1 --name \(name)-\(number) --give-up 60",
                    ])
            }
        }

        func end() { RelayJob.kill([relay] + workers) }
    }

    @Test func oneModelAndTheSameMapsThoughARelayIsKilled() throws {
        let direct = try run("padim-coord", job.fit("direct", ["--local-workers", "2", "--threads", "1"]))
        #expect(direct.status == 0, "\(direct.errors)")
        let expected = try #require(Workspace.modelDigest(direct.output))

        let coordinator = try RunningProgram("padim-coord", job.fit("tree", RelayJob.bound))
        let address = try #require(coordinator.endpoint)
        let sites = [try Site("east", address, job), try Site("west", address, job)]
        defer { for site in sites { site.end() } }
        #expect(sites[1].workers[0].waitUntil { $0.contains("ready for stage 1") })
        // What they have in hand keeps the fit from its end until the relay is killed.
        for worker in sites[1].workers { kill(worker.id, SIGSTOP) }
        usleep(300_000)
        kill(sites[1].relay.id, SIGKILL)
        for worker in sites[1].workers { kill(worker.id, SIGCONT) }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(sites[0].relay.standardError)")
        #expect(Workspace.modelDigest(coordinator.standardOutput) == expected)
        #expect(coordinator.standardError.contains("worker west is gone"), "\(coordinator.standardError)")
        #expect(sites[0].relay.wait() == 0, "\(sites[0].relay.standardError)")
        #expect(sites[0].workers.allSatisfy { $0.wait() == 0 })
        try theNextRelayRemovesWhatIsLeft()
        try mapsAreTheSame()
    }

    /// Only the folder of the relay that was killed is there, until another one starts.
    private func theNextRelayRemovesWhatIsLeft() throws {
        let left = try FileManager.default.contentsOfDirectory(atPath: job.scratch)
        #expect(left.count == 1, "\(left)")
        let sums = "\(job.scratch)/\(left.first ?? "")/sums-9.Ab12xZ"
        try Data(count: 2_000_000).write(to: URL(filePath: sums))
        let next = try job.relay("next", "tcp://127.0.0.1:9")
        defer { RelayJob.kill([next]) }
        _ = try #require(next.endpoint)
        #expect(next.waitUntil { $0.contains(" MB freed in \(job.scratch)") }, "\(next.standardError)")
        let now = try FileManager.default.contentsOfDirectory(atPath: job.scratch)
        #expect(now.count == 1 && now != left, "\(now)")
    }

    private func mapsAreTheSame() throws {
        let direct = try run(
            "padim-coord", job.inspect("inspected", modelOf: "direct", ["--local-workers", "2", "--threads", "1"]))
        #expect(direct.status == 0, "\(direct.errors)")
        let coordinator = try RunningProgram(
            "padim-coord", job.inspect("inspected-tree", modelOf: "direct", RelayJob.bound))
        let address = try #require(coordinator.endpoint)
        let sites = [try Site("east", address, job), try Site("west", address, job)]
        defer { for site in sites { site.end() } }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(sites[0].relay.standardError)")
        for folder in ["maps", "overlays"] {
            let (here, there) = (
                job.directory("inspected/\(folder)"), job.directory("inspected-tree/\(folder)")
            )
            let names = try FileManager.default.subpathsOfDirectory(atPath: here).sorted()
            #expect(names.count >= 160)
            #expect(try FileManager.default.subpathsOfDirectory(atPath: there).sorted() == names)
            #expect(FileManager.default.contentsEqual(atPath: here, andPath: there), "\(folder)")
        }
    }

    /// A relay that is asked to go has its workers finish, and hands over what they have.
    @Test func aRelayThatIsAskedToGoHandsOver() throws {
        let coordinator = try RunningProgram("padim-coord", job.fit("left", RelayJob.bound))
        let address = try #require(coordinator.endpoint)
        let leaving = try Site("leaving", address, job)
        defer { leaving.end() }
        #expect(leaving.workers[0].waitUntil { $0.contains("ready for stage 1") })
        usleep(300_000)
        kill(leaving.relay.id, SIGTERM)
        #expect(leaving.relay.wait() == 0, "\(leaving.relay.standardError)")
        #expect(coordinator.standardError.contains("worker leaving left"), "\(coordinator.standardError)")
        let staying = try Site("staying", address, job)
        defer { staying.end() }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        let direct = try run("padim-coord", job.fit("direct", ["--local-workers", "1"]))
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(direct.output))
    }

    /// Images come through a relay to workers that see neither them nor the job's directory.
    @Test func imagesAreServedThroughRelays() throws {
        let direct = try run("padim-coord", job.fit("direct", ["--local-workers", "1"]))
        let coordinator = try RunningProgram("padim-coord", job.fit("served", RelayJob.bound + ["--serve-images"]))
        let address = try #require(coordinator.endpoint)
        let sites = [
            try Site("east", address, job, hiding: ["jobs", "good"]),
            try Site("west", address, job, hiding: ["jobs", "good"]),
        ]
        defer { for site in sites { site.end() } }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(coordinator.standardOutput.contains("fitted 160 images, 0 unusable"))
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(direct.output))
    }

    @Test func aRelayNeedsKeysWhereACoordinatorDoes() throws {
        let result = try run("padim-coord", ["relay", "--connect", "tcp://127.0.0.1:9", "--bind", "tcp://0.0.0.0:0"])
        #expect(result.status == 2 && result.errors.contains("--insecure"), "\(result.errors)")
    }
}
