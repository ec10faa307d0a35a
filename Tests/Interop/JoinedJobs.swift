import Foundation
import TestProcesses
import Testing

/// Jobs with workers of both kinds, and what comes out of them.
struct JoinedJobs {
    enum Kind: String { case swift, python }

    let workspace: Workspace

    /// A coordinator with a worker of each kind. Each waits with the shards that it got first until the others are ready, so that all of them
    /// have a part in the job.
    /// - Returns: the coordinator's output.
    @discardableResult func run(_ arguments: [String], by kinds: [Kind]) throws -> String {
        let coordinator = try start(arguments)
        let endpoint = try #require(coordinator.endpoint, "\(coordinator.standardError)")
        var workers: [RunningProgram] = []
        for (number, kind) in kinds.enumerated() {
            let worker = try join(endpoint, kind, "\(kind.rawValue)-\(number)")
            try #require(worker.waitUntil { $0.contains("ready for stage") }, "\(worker.standardError)")
            workers.append(worker)
            if number < kinds.count - 1 { kill(worker.id, SIGSTOP) }
        }
        for worker in workers { kill(worker.id, SIGCONT) }
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        for worker in workers { #expect(worker.wait() == 0, "\(worker.standardError)") }
        return coordinator.standardOutput
    }

    func start(_ arguments: [String], deadline: Int = 60) throws -> RunningProgram {
        try RunningProgram(
            "padim-coord", arguments + ["--bind", "tcp://127.0.0.1:0", "--worker-deadline", "\(deadline)"])
    }

    /// - Parameter more: options of a worker in Python.
    func join(_ endpoint: String, _ kind: Kind, _ name: String, _ more: [String] = []) throws -> RunningProgram {
        switch kind {
        case .python: try PythonWorker.join(endpoint, named: name, cache: workspace.file("cache"), more)
        case .swift:
            try RunningProgram("padim-worker", ["--connect", endpoint, "--threads", "1", "--name", name])
        }
    }

    func fitting(_ job: String, _ images: String) -> [String] {
        [
            "fit", "--images", images, "--job", workspace.file(job), "--backbone", "efficientnet_lite0", "--weights",
            Workspace.weights, "--features", "20", "--input-size", "96", "--shard-size", "4", "--calibrate", "none",
            // Features that differ in their last bits are rounded to the same numbers more often on a finer grid.
            "--max-bad-images", "10", "--grid-exponent", "13",
        ]
    }

    func fit(_ job: String, _ images: String, by kinds: [Kind]) throws -> String {
        try run(fitting(job, images), by: kinds)
    }

    func inspecting(_ job: String, _ images: String, model: String) -> [String] {
        [
            "inspect", "--images", images, "--model", workspace.file("\(model)/model.safetensors"), "--weights",
            Workspace.weights, "--shard-size", "4", "--job", workspace.file(job),
        ]
    }

    func inspect(_ job: String, _ images: String, model: String, by kinds: [Kind], _ more: [String] = []) throws {
        try run(inspecting(job, images, model: model) + more, by: kinds)
    }

    /// The names and contents of the files below a folder of a job; none where it is not there.
    func files(_ job: String, _ folder: String) throws -> [String: Data] {
        let root = workspace.file(job + "/" + folder)
        let names = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        var found: [String: Data] = [:]
        for name in names where name.hasSuffix(".png") {
            found[name] = try Data(contentsOf: URL(fileURLWithPath: root + "/" + name))
        }
        return found
    }

    /// The rows of a job's results, by the names of the columns.
    func results(_ job: String) throws -> [[String: String]] {
        let lines = try String(contentsOfFile: workspace.file(job + "/results.csv"), encoding: .utf8)
            .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        let names = try #require(lines.first)
        return lines.dropFirst().map { Dictionary(zip(names, $0), uniquingKeysWith: { first, _ in first }) }
    }

    /// Expects that two inspections scored the same images alike.
    /// - Parameter unusable: how many could not be read.
    func expectAlike(_ one: String, _ other: String, unusable: Int = 0) throws {
        let (ones, others) = try (results(one), results(other))
        #expect(ones.count == others.count && ones.count { $0["status"] == "ok" } == ones.count - unusable)
        for (row, counterpart) in zip(ones, others) {
            #expect(row["image_path"] == counterpart["image_path"] && row["status"] == counterpart["status"])
            // A reason may have commas in it.
            guard row["status"] == "ok" else { continue }
            for column in ["max_row", "max_col", "image_row", "image_col", "flagged"] {
                #expect(row[column] != nil && row[column] == counterpart[column], "\(column) of \(row)")
            }
            let scores = try [row, counterpart].map { try #require($0["score"].flatMap { Double($0) }) }
            #expect(abs(scores[0] / scores[1] - 1) < 1e-4, "\(row) beside \(counterpart)")
        }
    }
}
