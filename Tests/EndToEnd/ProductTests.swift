import Foundation
import Storage
import TestProcesses
import Testing

/// Several products in one job, by real processes: a model for each, and each image by its own.
@Suite(.serialized) struct ProductTests {
    let workspace: Workspace
    /// Images of the products "bottle" and "Cap 2", which take turns.
    let list: String

    init() throws {
        workspace = try Workspace()
        _ = try workspace.makeImages(96)
        list = try workspace.makeList(
            "products.csv",
            ["image_path,camera"] + (0..<96).map { "good/\($0).png,\($0.isMultiple(of: 2) ? "bottle" : "Cap 2")" })
    }

    private func fit(_ job: String, _ images: String, _ more: [String] = []) -> [String] {
        [
            "fit", "--images", images, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "20", "--input-size", "96", "--shard-size", "8", "--job", workspace.file(job), "--local-workers", "2",
            "--threads", "1",
        ] + more
    }

    private func inspect(_ job: String, _ images: String, _ more: [String]) -> [String] {
        [
            "inspect", "--images", images, "--weights", Workspace.weights, "--maps", "none", "--job",
            workspace.file(job),
        ] + more
    }

    private func model(_ job: String, _ product: String) throws -> Digest {
        try Digest(ofFile: workspace.file("\(job)/by/\(ProductFolder.name(of: product))/model.safetensors"))
    }

    private func rows(_ path: String) throws -> [[String]] {
        try String(contentsOfFile: workspace.file(path), encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    /// Killed in the second product, the same command goes on there, and the models are those of fits of each product alone.
    @Test func killedInTheSecondItGoesOnThere() throws {
        let arguments = fit("job", list, ["--by", "camera"])
        let first = try RunningProgram("padim-coord", arguments)
        #expect(first.waitUntil { $0.contains("product 2 of 2: Cap 2, 48 images") })
        kill(first.id, SIGKILL)
        #expect(first.wait() == 128 + SIGKILL)
        let before = try model("job", "bottle")
        let second = try run("padim-coord", arguments)
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.output.contains("bottle: model.safetensors \(before) (fitted before)"))
        #expect(second.output.contains("Cap 2: fitted 48 images, 0 unusable"))
        for (product, remainder) in [("bottle", 0), ("Cap 2", 1)] {
            let own = try workspace.makeList(
                "own.txt", (0..<96).filter { $0 % 2 == remainder }.map { "good/\($0).png" })
            let alone = try run("padim-coord", fit("alone-\(remainder)", own))
            #expect(alone.status == 0, "\(alone.errors)")
            #expect(try model("job", product).hex == Workspace.modelDigest(alone.output))
        }
        // Nothing is left to do, and no worker is needed for it.
        let third = try run("padim-coord", arguments)
        #expect(third.status == 0 && third.output.contains("2 of 2 products done"), "\(third.errors)")
        #expect(!third.output.contains("listening"))
    }

    /// Workers that somebody started serve all products, and go at the end.
    @Test func workersFromElsewhereServeAll() throws {
        let arguments = fit("job", list, ["--by", "camera", "--bind", "tcp://127.0.0.1:0"])
            .map { $0 == "2" ? "0" : $0 }
        let coordinator = try RunningProgram("padim-coord", arguments)
        let address = try #require(coordinator.endpoint)
        let worker = try RunningProgram("padim-worker", ["--connect", address, "--threads", "1", "--name", "visitor"])
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(worker.wait() == 0, "\(worker.standardError)")
        #expect(coordinator.standardError.components(separatedBy: "worker visitor joined").count == 3)
    }

    /// A product that fails does not stop the others, and the exit status tells.
    @Test func oneThatFailsDoesNotStopTheOthers() throws {
        let more = try workspace.makeList(
            "more.csv",
            ["image_path,camera", "good/0.png,few", "good/1.png,bottle"] + (2..<48).map { "good/\($0).png,bottle" })
        let fitted = try run("padim-coord", fit("job", more, ["--by", "camera"]))
        #expect(fitted.status == 1, "\(fitted.errors)")
        #expect(fitted.errors.contains("1 of 2 products failed: few"), "\(fitted.errors)")
        #expect(
            try rows("job/products.csv").map { Array($0[0...3]) } == [
                ["product", "folder", "images", "status"], ["few", "by/few", "1", "failed"],
                ["bottle", "by/bottle", "47", "done"],
            ])
        // Each image by its product's model; there is none of "few".
        let inspected = try run(
            "padim-coord",
            inspect(
                "today", more, ["--model-column", "camera", "--models", workspace.file("job"), "--local-workers", "1"]))
        #expect(inspected.status == 1 && inspected.errors.contains("no model of few"), "\(inspected.errors)")
        let results = try rows("today/results.csv")
        #expect(results.count == 49 && results[0].last == "model")
        #expect(results[1][0] == "good/0.png" && results[1][1] == "" && results[1].last == "few")
        #expect(results[2...].allSatisfy { $0[1] == "ok" && $0.last == "bottle" })
        #expect(results[1...].map(\.first) == (0..<48).map { "good/\($0).png" })
        let report = try String(contentsOfFile: workspace.file("today/report.html"), encoding: .utf8)
        #expect(report.contains("./by/bottle/report.html") && report.contains("no model of few"))
        // The directory of all is no job of its own.
        let evaluated = try run("padim", ["evaluate", workspace.file("today"), "--truth", more])
        #expect(evaluated.status == 2 && evaluated.errors.contains("a job for each product"), "\(evaluated.errors)")
    }

    /// The results of two products are those of two inspections.
    @Test func imagesAreScoredByTheirOwnModels() throws {
        #expect(try run("padim-coord", fit("job", list, ["--by", "camera"])).status == 0)
        let paths = try workspace.makeList(
            "paths.csv",
            ["image_path,model"]
                + (0..<20).map {
                    "good/\($0).png,job/by/\($0 < 10 ? "bottle" : ProductFolder.name(of: "Cap 2"))/model.safetensors"
                })
        let both = try run("padim-coord", inspect("both", paths, ["--local-workers", "2", "--threads", "1"]))
        #expect(both.status == 0, "\(both.errors)")
        let scores = try rows("both/results.csv").dropFirst().map { $0[2] }
        var alone: [String] = []
        for (product, images) in [("bottle", 0..<10), ("Cap 2", 10..<20)] {
            let own = try workspace.makeList("own.txt", images.map { "good/\($0).png" })
            let model = workspace.file("job/by/\(ProductFolder.name(of: product))/model.safetensors")
            let job = "alone-\(images.lowerBound)"
            #expect(try run("padim-coord", inspect(job, own, ["--model", model, "--local-workers", "1"])).status == 0)
            alone += try rows("\(job)/results.csv").dropFirst().map { $0[2] }
        }
        #expect(scores == alone && !scores.contains(""))
    }

    @Test func whatIsWrongIsSaid() throws {
        for (arguments, words) in [
            (fit("job", list, ["--by", "colour"]), "'colour'"),
            (fit("job", list, ["--by", "camera", "--continue", list]), "--continue"),
            (inspect("job", list, ["--model", list, "--model-column", "camera"]), "--model-column"),
            (inspect("job", workspace.file("good"), []), "--model is missing"),
            (inspect("job", list, ["--model-column", "camera", "--models", workspace.path]), "no model of bottle"),
            (
                inspect("job", list, ["--model-column", "camera", "--models", workspace.file("gone")]),
                "gone is not there"
            ),
        ] {
            let result = try run("padim-coord", arguments)
            #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
        }
    }
}
