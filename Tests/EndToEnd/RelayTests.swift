import Foundation
import Storage
import TestProcesses
import Testing

/// Relays between a coordinator and its workers, as real processes. The workers do not see the job's directory.
@Suite(.serialized, .enabled(if: Mounting.isAllowed, "mounting needs root")) struct RelayTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(160)
        try Folder.create(workspace.file("jobs"))
    }

    private func fit(_ job: String, _ more: [String]) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "20", "--input-size", "224", "--shard-size", "4", "--job", workspace.file("jobs/\(job)"),
        ] + more
    }

    private func inspect(_ job: String, _ more: [String]) -> [String] {
        [
            "inspect", "--images", list, "--model", workspace.file("jobs/direct/model.safetensors"), "--weights",
            Workspace.weights, "--shard-size", "4", "--overlays", "all", "--job", workspace.file("jobs/\(job)"),
        ] + more
    }

    /// A relay with two workers.
    private struct Site {
        let relay: RunningProgram
        let workers: [RunningProgram]

        init(_ name: String, _ parent: String, _ workspace: Workspace, hiding hidden: [String] = ["jobs"]) throws {
            relay = try RunningProgram(
                "padim-coord",
                [
                    "relay", "--connect", parent, "--bind", "tcp://127.0.0.1:0", "--name", name, "--cache",
                    workspace.file("cache-\(name)"), "--scratch", workspace.file("scratch"), "--worker-deadline", "2",
                ])
            let address = try #require(relay.endpoint)
            let program = try RunningProgram.path(of: "padim-worker")
            let hide = hidden.map { "mount -t tmpfs tmpfs '\(workspace.file($0))'" }.joined(separator: " && ")
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

        func end() {
            for process in [relay] + workers where process.isRunning { kill(process.id, SIGKILL) }
        }
    }

    private let bound = ["--bind", "tcp://127.0.0.1:0", "--worker-deadline", "2"]

    @Test func oneModelAndTheSameMapsThoughARelayIsKilled() throws {
        let direct = try run("padim-coord", fit("direct", ["--local-workers", "2", "--threads", "1"]))
        #expect(direct.status == 0, "\(direct.errors)")
        let expected = try #require(Workspace.modelDigest(direct.output))

        let coordinator = try RunningProgram("padim-coord", fit("tree", bound))
        let address = try #require(coordinator.endpoint)
        let sites = [try Site("east", address, workspace), try Site("west", address, workspace)]
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
        // Neither relay leaves sums behind.
        let left = try FileManager.default.contentsOfDirectory(atPath: workspace.file("scratch"))
        #expect(left.allSatisfy { $0.contains(".") }, "\(left)")
        try mapsAreTheSame()
    }

    private func mapsAreTheSame() throws {
        let direct = try run("padim-coord", inspect("inspected", ["--local-workers", "2", "--threads", "1"]))
        #expect(direct.status == 0, "\(direct.errors)")
        let coordinator = try RunningProgram("padim-coord", inspect("inspected-tree", bound))
        let address = try #require(coordinator.endpoint)
        let sites = [try Site("east", address, workspace), try Site("west", address, workspace)]
        defer { for site in sites { site.end() } }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(sites[0].relay.standardError)")
        for folder in ["maps", "overlays"] {
            let (here, there) = (
                workspace.file("jobs/inspected/\(folder)"), workspace.file("jobs/inspected-tree/\(folder)")
            )
            let names = try FileManager.default.subpathsOfDirectory(atPath: here).sorted()
            #expect(names.count >= 160)
            #expect(try FileManager.default.subpathsOfDirectory(atPath: there).sorted() == names)
            #expect(FileManager.default.contentsEqual(atPath: here, andPath: there), "\(folder)")
        }
    }

    /// A relay that is asked to go has its workers finish, and hands over what they have.
    @Test func aRelayThatIsAskedToGoHandsOver() throws {
        let coordinator = try RunningProgram("padim-coord", fit("left", bound))
        let address = try #require(coordinator.endpoint)
        let leaving = try Site("leaving", address, workspace)
        defer { leaving.end() }
        #expect(leaving.workers[0].waitUntil { $0.contains("ready for stage 1") })
        usleep(300_000)
        kill(leaving.relay.id, SIGTERM)
        #expect(leaving.relay.wait() == 0, "\(leaving.relay.standardError)")
        #expect(coordinator.standardError.contains("worker leaving left"), "\(coordinator.standardError)")
        let staying = try Site("staying", address, workspace)
        defer { staying.end() }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        let direct = try run("padim-coord", fit("direct", ["--local-workers", "1"]))
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(direct.output))
    }

    /// Images come through a relay to workers that see neither them nor the job's directory.
    @Test func imagesAreServedThroughRelays() throws {
        let direct = try run("padim-coord", fit("direct", ["--local-workers", "1"]))
        let coordinator = try RunningProgram("padim-coord", fit("served", bound + ["--serve-images"]))
        let address = try #require(coordinator.endpoint)
        let sites = [
            try Site("east", address, workspace, hiding: ["jobs", "good"]),
            try Site("west", address, workspace, hiding: ["jobs", "good"]),
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
