import Foundation
import TestProcesses
import Testing

/// Fits with an audit, by honest workers: the model is the same, and the log says what was looked at.
@Suite(.serialized) struct AuditTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(64)
    }

    private func fit(_ job: String, _ more: [String] = []) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "12", "--input-size", "64", "--shard-size", "8", "--threads", "1", "--calibrate", "none", "--job",
            workspace.file(job),
        ] + more
    }

    @Test func theModelIsTheSame() throws {
        let clean = try run("padim-coord", fit("clean", ["--local-workers", "2"]))
        #expect(clean.status == 0, "\(clean.errors)")
        let audited = try run("padim-coord", fit("job", ["--local-workers", "2", "--audit", "100"]))
        #expect(audited.status == 0, "\(audited.errors)")
        #expect(
            audited.output.contains(/audited ([0-9]+) of \1 shards: another worker computes the same/),
            "\(audited.output) \(audited.errors)")
        #expect(Workspace.modelDigest(audited.output) == Workspace.modelDigest(clean.output))
        #expect(!clean.output.contains("audited"))
        // A job that is done is not audited once more.
        let again = try run("padim-coord", fit("job", ["--local-workers", "2", "--audit", "100"]))
        #expect(again.status == 0 && !again.output.contains("audited"))
    }

    /// Sums that are kept apart by their workers have a common rest.
    @Test func imagesAreTakenOutOfAnAuditedFit() throws {
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
        let wrong = try workspace.makeList("wrong.txt", [names[3], names[40]])
        let workers = ["--local-workers", "2"]
        let whole = try run("padim-coord", fit("job", workers + ["--audit", "20", "--checkpoint-images", "16"]))
        #expect(whole.status == 0, "\(whole.errors)")
        let rest = try run("padim-coord", fit("job", workers + ["--exclude", wrong]))
        #expect(rest.status == 0 && rest.output.contains("took 2 images out"), "\(rest.output) \(rest.errors)")
        let fresh = try run("padim-coord", fit("fresh", workers + ["--exclude", wrong]))
        #expect(fresh.status == 0, "\(fresh.errors)")
        #expect(Workspace.modelDigest(rest.output) == Workspace.modelDigest(fresh.output))
    }

    @Test func oneWorkerAloneIsAnError() throws {
        let alone = try run("padim-coord", fit("job", ["--audit", "10"]))
        #expect(alone.status == 2 || alone.status == 64, "\(alone.status)")
        #expect(alone.errors.contains("--local-workers 3"), "\(alone.errors)")
        for percent in ["0", "101", "-1"] {
            let wrong = try run("padim-coord", fit("job", ["--local-workers", "2", "--audit=\(percent)"]))
            #expect(wrong.status != 0 && wrong.errors.contains("--audit"), "\(wrong.errors)")
        }
        let excluded = try run("padim-coord", fit("job", ["--local-workers", "2", "--audit", "10", "--trim"]))
        #expect(excluded.status != 0 && excluded.errors.contains("--trim"))
    }
}
