import Foundation
import Imaging
import Settings
import TestProcesses
import TestSupport
import Testing

/// The worker in Python, which was written from docs/PROTOCOL.md and docs/NUMERICS.md, with the real coordinator and beside real workers.
@Suite(.serialized) struct WorkerTests {
    let jobs: JoinedJobs
    let list: String

    init() throws {
        jobs = JoinedJobs(workspace: try Workspace())
        list = try jobs.workspace.makeImages(96)
    }

    @Test func fitsAloneAsSwiftDoes() throws {
        for (job, kind) in [("python", JoinedJobs.Kind.python), ("swift", .swift)] {
            let output = try jobs.fit(job, list, by: [kind])
            #expect(output.contains("fitted 96 images, 0 unusable"))
        }
        let fresh = try jobs.workspace.makeImages(12, named: "fresh", seed: 5)
        for model in ["python", "swift"] { try jobs.inspect("by-" + model, fresh, model: model, by: [.swift]) }
        try jobs.expectAlike("by-python", "by-swift")
    }

    @Test func fitsAndInspectsBesideSwift() throws {
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: jobs.workspace.file("good/7.png")))
        _ = try jobs.fit("swift", list, by: [.swift])
        let output = try jobs.fit("both", list, by: [.python, .swift, .python])
        #expect(output.contains("fitted 95 images, 1 unusable"))
        let fresh = try jobs.workspace.makeImages(40, named: "fresh", seed: 5)
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: jobs.workspace.file("fresh/3.png")))
        let options = ["--threshold", "14", "--overlays", "all", "--max-bad-images", "10"]
        for (job, model, kinds) in [
            ("calm", "swift", [JoinedJobs.Kind.swift]), ("beside", "swift", [.python, .swift]),
            ("alone", "swift", [.python]), ("of-both", "both", [.swift]),
        ] {
            try jobs.inspect(job, fresh, model: model, by: kinds, options)
        }
        for job in ["beside", "alone", "of-both"] { try jobs.expectAlike("calm", job, unusable: 1) }
        for number in [0, 17, 39] {
            let maps = try ["calm", "alone"].map {
                try MapFormat.decode(file: jobs.workspace.file("\($0)/maps/fresh/\(number).png"))
            }
            let tolerance = try 1e-4 * (maps[0].map.values.max() ?? 0) + (#require(maps[0].step))
            #expect(maps[0].map.values.count == maps[1].map.values.count)
            #expect(zip(maps[0].map.values, maps[1].map.values).allSatisfy { abs($0 - $1) <= tolerance })
            let overlays = try ["calm", "alone"].map {
                try ImageDecoder.decode(file: jobs.workspace.file("\($0)/overlays/fresh/\(number).png")).pixels
            }
            // A colour may be the next one of the palette.
            #expect(overlays[0].count == overlays[1].count)
            #expect(zip(overlays[0], overlays[1]).allSatisfy { abs(Int($0) - Int($1)) <= 4 })
        }
    }

    /// Workers in Python that die at any moment change nothing about what counts.
    @Test func killedAtRandomTheResultIsWhole() throws {
        var chance = SeededGenerator(seed: 3)
        _ = try jobs.fit("calm", list, by: [.swift])
        let coordinator = try jobs.start(jobs.fitting("killed", list) + ["--checkpoint-images", "16"], deadline: 2)
        let endpoint = try #require(coordinator.endpoint)
        for number in 0..<6 {
            let victim = try jobs.join(endpoint, .python, "victim-\(number)")
            #expect(victim.waitUntil { $0.contains("ready for stage") }, "\(victim.standardError)")
            // Six together do not do all of it: one alone takes more than half a second.
            usleep(UInt32.random(in: 0...60_000, using: &chance))
            kill(victim.id, SIGKILL)
            _ = victim.wait()
        }
        let last = try jobs.join(endpoint, .python, "last")
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(coordinator.standardOutput.contains("fitted 96 images, 0 unusable"))
        #expect(coordinator.standardError.contains("is gone"))
        #expect(last.wait() == 0, "\(last.standardError)")
        let fresh = try jobs.workspace.makeImages(12, named: "fresh", seed: 5)
        for model in ["calm", "killed"] { try jobs.inspect("by-" + model, fresh, model: model, by: [.swift]) }
        try jobs.expectAlike("by-calm", "by-killed")
    }
}
