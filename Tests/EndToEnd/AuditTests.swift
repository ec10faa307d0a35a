import Foundation
import TestProcesses
import Testing

/// Jobs with an audit, by honest workers: what they give is the same, and the log says what was looked at.
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

    private func model(_ job: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: workspace.file("\(job)/model.safetensors")))
    }

    /// Scores of a calibration are looked at as well, those of lots among them.
    @Test(arguments: [false, true]) func aCalibrationIsAudited(_ hasLots: Bool) throws {
        let names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n")
        let rows = names.enumerated().map { "\($1),\($0 % 4)" }
        let images = hasLots ? try workspace.makeList("lots.csv", ["image_path,lot"] + rows) : list
        func run(_ job: String, _ more: [String]) throws -> (status: Int32, output: String, errors: String) {
            let usual = fit(job, ["--local-workers", "2"] + more).map { $0 == list ? images : $0 }
            return try TestProcesses.run("padim-coord", usual.map { $0 == "none" ? "64" : $0 })
        }
        let clean = try run("clean", [])
        let audited = try run("job", ["--audit", "100"])
        #expect(clean.status == 0 && audited.status == 0, "\(clean.errors) \(audited.errors)")
        #expect(
            audited.output.contains(/audited ([0-9]+) of \1 shards of the calibration: another worker/),
            "\(audited.output) \(audited.errors)")
        #expect(try model("job") == model("clean"))
    }

    @Test func anInspectionIsAudited() throws {
        let fitted = try run("padim-coord", fit("fit", ["--local-workers", "2"]))
        #expect(fitted.status == 0, "\(fitted.errors)")
        func inspect(_ job: String, _ more: [String]) throws -> (status: Int32, output: String, errors: String) {
            try run(
                "padim-coord",
                [
                    "inspect", "--images", list, "--model", workspace.file("fit/model.safetensors"), "--weights",
                    Workspace.weights, "--shard-size", "8", "--threads", "1", "--threshold", "5", "--job",
                    workspace.file(job),
                ] + more)
        }
        let clean = try inspect("clean", ["--local-workers", "2"])
        let audited = try inspect("job", ["--local-workers", "2", "--audit", "100"])
        #expect(clean.status == 0 && audited.status == 0, "\(clean.errors) \(audited.errors)")
        let words = /audited ([0-9]+) of \1 shards with scores: another worker computes the same/
        #expect(audited.output.contains(words), "\(audited.output) \(audited.errors)")
        let tables = try ["clean", "job"].map {
            try String(contentsOfFile: workspace.file("\($0)/results.csv"), encoding: .utf8)
        }
        #expect(tables[0] == tables[1])
        // What was confirmed is known, and is not asked again.
        let again = try inspect("job", ["--local-workers", "2", "--audit", "100"])
        #expect(again.status == 0 && again.output.contains(words) && !again.errors.contains("auditing"))
        // An audit that comes late finds no contents to compare by.
        let late = try inspect("clean", ["--local-workers", "2", "--audit", "100"])
        #expect(late.status == 0 && late.errors.contains(/([0-9]+) of \1 shards cannot be audited/), "\(late.errors)")
        let alone = try inspect("alone", ["--audit", "10"])
        #expect(alone.status != 0 && alone.errors.contains("--local-workers 3"), "\(alone.errors)")
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
