import Foundation
import TestProcesses
import Testing

/// Inspections with an audit and a worker in Python whose scores, and maps, are wrong: it is named, and the results are those of a job without
/// it.
@Suite(.serialized) struct ScoreAuditTests {
    let jobs: JoinedJobs
    let fresh: String
    /// A threshold that about half of the images reach, and that wrong scores reach more often.
    let options: [String]

    init() throws {
        jobs = JoinedJobs(workspace: try Workspace())
        let list = try jobs.workspace.makeImages(48)
        fresh = try jobs.workspace.makeImages(40, named: "fresh", seed: 5)
        _ = try jobs.fit("fit", list, by: [.swift])
        try jobs.inspect("scores", fresh, model: "fit", by: [.python], ["--maps", "none"])
        let scores = try jobs.results("scores").compactMap { $0["score"].flatMap { Float($0) } }.sorted()
        let median = try #require(scores.count == 40 ? scores[20] : nil)
        options = ["--threshold", "\(median)", "--maps", "flagged", "--overlays", "flagged"]
        try jobs.inspect("calm", fresh, model: "fit", by: [.python], options)
    }

    private func expectAsWithoutTheLiar(_ job: String) throws {
        #expect(try jobs.results(job) == jobs.results("calm"))
        for folder in ["maps", "overlays"] {
            let (found, due) = try (jobs.files(job, folder), jobs.files("calm", folder))
            #expect(found.keys.sorted() == due.keys.sorted(), "\(folder)")
            #expect(!due.isEmpty && due.count < 40 && found == due, "\(folder)")
        }
    }

    private func start(_ more: [String], deadline: Int = 60) throws -> (RunningProgram, liar: RunningProgram) {
        let coordinator = try jobs.start(
            jobs.inspecting("lied", fresh, model: "fit") + options + more, deadline: deadline)
        let liar = try jobs.join(
            #require(coordinator.endpoint, "\(coordinator.standardError)"), .python, "liar", ["--lie", "score"])
        // It has a part in the scores before others come.
        #expect(liar.waitUntil { $0.contains("ready for stage") }, "\(liar.standardError)")
        return (coordinator, liar)
    }

    private func expectLiarIsNamed(_ coordinator: RunningProgram) {
        let log = coordinator.standardError
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(
            coordinator.standardError.contains(
                "worker liar is not taken in any more: an audit found that two other workers compute something else"),
            "\(log)")
        #expect(coordinator.standardError.contains("All that it scored is dealt again"))
        #expect(!coordinator.standardError.contains("worker one is not taken in"))
        #expect(coordinator.standardOutput.contains(/audited [0-9]+ of [0-9]+ shards with scores: another worker/))
    }

    @Test func aWorkerThatScoresWronglyIsNamed() throws {
        let (coordinator, _) = try start(["--audit", "30"])
        let others = try ["one", "two"].map { try jobs.join(#require(coordinator.endpoint), .python, $0) }
        expectLiarIsNamed(coordinator)
        for worker in others { #expect(worker.wait() == 0, "\(worker.standardError)") }
        try expectAsWithoutTheLiar("lied")
    }

    /// The coordinator is killed while two workers say different things; the next one asks again, and finds the same.
    @Test func aKilledCoordinatorAsksAgain() throws {
        let (coordinator, liar) = try start(["--audit", "100"])
        let one = try jobs.join(#require(coordinator.endpoint), .python, "one")
        #expect(coordinator.waitUntil { $0.contains("auditing") }, "\(coordinator.standardError)")
        for process in [coordinator, liar, one] { kill(process.id, SIGKILL) }
        for process in [coordinator, liar, one] { _ = process.wait() }
        let (second, _) = try start(["--audit", "100"])
        let others = try ["one", "two"].map { try jobs.join(#require(second.endpoint), .python, $0) }
        expectLiarIsNamed(second)
        for worker in others { #expect(worker.wait() == 0, "\(worker.standardError)") }
        try expectAsWithoutTheLiar("lied")
    }

    /// Workers of both kinds say scores that are near enough, and nobody is wrong.
    @Test func workersOfBothKindsAreAudited() throws {
        let output = try jobs.run(
            jobs.inspecting("both", fresh, model: "fit") + options + ["--audit", "100"], by: [.python, .swift])
        #expect(
            output.contains(/audited ([0-9]+) of \1 shards with scores: another worker computes the same/), "\(output)")
        let (calm, both) = try (jobs.results("calm"), jobs.results("both"))
        #expect(calm.count == 40 && both.count == 40 && both.allSatisfy { $0["status"] == "ok" })
    }
}
