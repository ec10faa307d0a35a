import Foundation
import TestProcesses
import Testing

/// Audits with workers in Python, one of which computes something wrong: it is named, and the model is that of the others.
@Suite(.serialized) struct AuditTests {
    let jobs: JoinedJobs
    let list: String

    init() throws {
        jobs = JoinedJobs(workspace: try Workspace())
        list = try jobs.workspace.makeImages(48)
    }

    private func digest(_ job: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: jobs.workspace.file(job + "/model.safetensors")))
    }

    /// What the worker does wrong, and what the log says of it.
    static let lies = [
        ("feature", "an audit found that two other workers compute something else"),
        ("order", "an audit found that two other workers compute something else"),
        ("half", "an audit found that two other workers compute something else"),
        ("sums", "they are not those of the features that it told of"),
    ]

    @Test(arguments: lies) func aWorkerThatIsWrongIsNamed(_ lie: String, _ words: String) throws {
        try jobs.run(jobs.fitting("calm", list), by: [.python])
        // All shards, for a worker that is wrong in some of them may be right in those that are drawn.
        let coordinator = try jobs.start(jobs.fitting("lied", list) + ["--audit", "100", "--checkpoint-images", "12"])
        let endpoint = try #require(coordinator.endpoint)
        let liar = try jobs.join(endpoint, .python, "liar", ["--lie", lie])
        // It has a part in the sums before others come.
        #expect(liar.waitUntil { $0.contains("ready for stage") }, "\(liar.standardError)")
        let others = try ["one", "two"].map { try jobs.join(endpoint, .python, $0) }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        for worker in others { #expect(worker.wait() == 0, "\(worker.standardError)") }
        let log = coordinator.standardError
        #expect(log.contains("worker liar"), "\(log)")
        #expect(log.contains(words), "\(log)")
        #expect(!log.contains("worker one is not taken in") && !log.contains("worker two is not taken in"), "\(log)")
        #expect(coordinator.standardOutput.contains("fitted 48 images, 0 unusable"))
        #expect(coordinator.standardOutput.contains(/audited [0-9]+ of [0-9]+ shards/), "\(coordinator.standardOutput)")
        #expect(try digest("lied") == digest("calm"))
    }

    /// Of two workers nobody knows who is wrong: the job ends and names both, and goes on when a third one is there.
    @Test func twoAloneCannotDecide() throws {
        try jobs.run(jobs.fitting("calm", list), by: [.python])
        func start(deadline: Int) throws -> (RunningProgram, [RunningProgram]) {
            let coordinator = try jobs.start(
                jobs.fitting("lied", list) + ["--audit", "30", "--checkpoint-images", "12"],
                deadline: deadline)
            let endpoint = try #require(coordinator.endpoint)
            let liar = try jobs.join(endpoint, .python, "liar", ["--lie", "feature"])
            #expect(liar.waitUntil { $0.contains("ready for stage") }, "\(liar.standardError)")
            return (coordinator, [liar, try jobs.join(endpoint, .python, "one")])
        }
        let (first, workers) = try start(deadline: 4)
        #expect(first.wait() == 1, "\(first.standardError)")
        for worker in workers { _ = worker.wait() }
        #expect(
            first.standardError.contains(/worker (liar and worker one|one and worker liar) compute different things/))
        #expect(first.standardError.contains("Start one more and give the same command again"))
        let (second, others) = try start(deadline: 60)
        let third = try jobs.join(#require(second.endpoint), .python, "two")
        #expect(second.wait() == 0, "\(second.standardError)")
        for worker in others + [third] { _ = worker.wait() }
        #expect(second.standardError.contains("worker liar is not taken in any more"), "\(second.standardError)")
        #expect(try digest("lied") == digest("calm"))
    }

    /// Fingerprints are the same numbers in both languages, or Python's sums would not fit what it says of them.
    @Test func workersOfBothKindsAreAudited() throws {
        try jobs.run(jobs.fitting("calm", list), by: [.swift])
        let output = try jobs.run(
            jobs.fitting("both", list) + ["--audit", "100"], by: [.python, .swift, .python, .swift])
        #expect(output.contains(/audited ([0-9]+) of \1 shards: another worker computes the same/), "\(output)")
    }
}
