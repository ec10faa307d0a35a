import Foundation
import TestProcesses

/// What all rounds share: images, a model, keys, and the results of undisturbed runs.
final class Ground {
    let workspace: Workspace
    let weights: String
    let stopping: Stopping
    private(set) var means = Plan.Means()
    private var runs: [JobKind: CalmRun] = [:]
    private var lists: [JobKind: String] = [:]
    private var kept: [String] = []

    init(weights: String?, imagesIn: ImagesIn, stopping: Stopping) throws {
        workspace = try Workspace()
        self.stopping = stopping
        self.weights = weights ?? Workspace.weights
        guard FileManager.default.fileExists(atPath: self.weights) else {
            throw RoundFailure(
                "there are no weights at \(self.weights): run scripts/setup --weights efficientnet_lite0")
        }
        lists = [
            .fit: try workspace.makeImages(160, named: "images-fit"),
            .inspect: try workspace.makeImages(120, named: "images-inspect", seed: 2),
        ]
        if imagesIn != .folder {
            for kind in [JobKind.fit, .inspect] {
                // In a folder of its own, which can be hidden from workers.
                let folder = archives(kind)
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                let archive = "\(folder)/images.\(imagesIn.rawValue)"
                guard imagesIn.pack(images(kind), into: archive) else {
                    throw RoundFailure("\(archive) cannot be made")
                }
                lists[kind] = archive
            }
        }
        for command in [["new", "coordinator"], ["new", "worker"], ["allow", keys + "/worker.pub"]] {
            guard try TestProcesses.run("padim", ["keys"] + command + ["--keys", keys]).status == 0 else {
                throw RoundFailure("keys cannot be made")
            }
        }
        means.namespaces = Namespace.isPossible
        means.disks = SmallDisk.isPossible(workspace.path)
        if !means.namespaces { say("no network namespaces here (they need root): links are not cut") }
        if !means.disks { say("no disks can be mounted here (that needs root): none is filled") }
    }

    var keys: String { workspace.file("keys") }

    func images(_ kind: JobKind) -> String { workspace.file("images-" + kind.rawValue) }

    private func archives(_ kind: JobKind) -> String { workspace.file("archives-" + kind.rawValue) }

    /// The folders that have a job's images.
    func foldersOfImages(_ kind: JobKind) -> [String] {
        [images(kind), archives(kind)].filter { FileManager.default.fileExists(atPath: $0) }
    }

    /// The command of a job, but for what a round adds.
    func command(_ kind: JobKind, job: String) throws -> [String] {
        let common = [
            kind.rawValue, "--images", lists[kind] ?? "", "--weights", weights, "--shard-size", "8",
            "--worker-deadline", "\(Plan.deadline)", "--worker-timeout", "30", "--job", job,
        ]
        switch kind {
        case .fit: return common + ["--backbone", "efficientnet_lite0", "--features", "20", "--input-size", "96"]
        case .inspect: return common + ["--model", workspace.file("model.safetensors")]
        }
    }

    /// The undisturbed run of a kind, which is made once.
    func calm(_ kind: JobKind) throws -> CalmRun {
        if let run = runs[kind] { return run }
        if kind == .inspect { _ = try calm(.fit) }
        let round = try Round(Plan(workers: 2), kind: kind, ground: self)
        defer { round.clear() }
        let outcome = try round.run()
        if kind == .fit {
            try FileManager.default.copyItem(
                atPath: round.job + "/model.safetensors", toPath: workspace.file("model.safetensors"))
        }
        let run = CalmRun(
            findings: outcome.findings, openings: outcome.openings, milliseconds: outcome.milliseconds)
        runs[kind] = run
        return run
    }

    func keepFolder(_ folder: String) {
        kept.append(folder)
        say("  left in \(folder)")
    }

    /// Takes away all that was made.
    func clear() {
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: workspace.path)) ?? [] {
            let path = workspace.file(name)
            // The images of a kept round are kept as well: its command names them.
            if kept.isEmpty || (name.hasPrefix("round-") && !kept.contains(path)) {
                try? files.removeItem(atPath: path)
            }
        }
        workspace.isKept = !kept.isEmpty
    }
}
