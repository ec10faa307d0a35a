import Foundation
import Imaging
import Inspection
import Journal
import Settings
import Storage
import TestProcesses
import Testing

/// Inspection with real processes: the same scores and the same maps, whoever made them and whatever happened.
@Suite(.serialized) struct InspectTests {
    let workspace: Workspace
    let model: String
    let list: String

    init() throws {
        workspace = try Workspace()
        model = workspace.file("fit/model.safetensors")
        list = try workspace.makeImages(60, named: "today/line one", seed: 2)
        let fitted = try run(
            "padim-coord",
            [
                "fit", "--images", workspace.makeImages(24), "--backbone", "efficientnet_lite0", "--weights",
                Workspace.weights,
                "--features", "12", "--input-size", "96", "--job", workspace.file("fit"),
            ])
        try #require(fitted.status == 0, "\(fitted.errors)")
    }

    private func inspect(_ job: String, _ more: [String]) -> [String] {
        [
            "inspect", "--images", list, "--model", model, "--weights", Workspace.weights, "--job",
            workspace.file("jobs/" + job),
            "--overlays", "flagged", "--threshold", "5", "--shard-size", "8",
        ] + more
    }

    /// Every file of a job that a user reads, by name.
    private func results(_ job: String) throws -> [String: Digest] {
        let root = workspace.file("jobs/" + job)
        var found: [String: Digest] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
            let isResult = name.hasPrefix("maps/") || name.hasPrefix("overlays/") || name == "results.csv"
            guard isResult, name.contains(".") else { continue }
            found[name] = try Digest(ofFile: root + "/" + name)
        }
        return found
    }

    @Test func oneResultWhateverTheWorkers() throws {
        for (job, workers, threads) in [("one", 1, 1), ("three", 3, 2)] {
            let result = try run(
                "padim-coord", inspect(job, ["--local-workers", "\(workers)", "--threads", "\(threads)"]))
            #expect(result.status == 0, "\(result.errors)")
        }
        let one = try results("one")
        #expect(one.keys.count { $0.hasPrefix("maps/") } == 60)
        #expect(one.keys.contains { $0.hasPrefix("overlays/") })
        #expect(one["results.csv"] != nil)
        #expect(try results("three") == one)
        #expect(FileManager.default.fileExists(atPath: workspace.file("jobs/one/report.html")))
    }

    @Test(.enabled(if: Mounting.isAllowed, "mounting needs root"))
    func aWorkerThatDoesNotSeeTheJobSendsItsMaps() throws {
        let direct = try run("padim-coord", inspect("direct", []))
        #expect(direct.status == 0, "\(direct.errors)")
        let coordinator = try RunningProgram("padim-coord", inspect("sent", ["--bind", "tcp://127.0.0.1:0"]))
        #expect(coordinator.waitUntil { $0.contains("listening on ") })
        let address = coordinator.standardOutput.split(separator: "\n")[0].dropFirst("listening on ".count)
        let program = try RunningProgram.path(of: "padim-worker")
        let worker = try RunningProgram(
            "/usr/bin/unshare",
            [
                "--mount", "/bin/sh", "-c",
                "mount -t tmpfs tmpfs '\(workspace.file("jobs"))' && exec '\(program)' --connect \(address) --threads 2",
            ])
        #expect(coordinator.wait() == 0, "\(coordinator.standardError) \(worker.standardError)")
        #expect(worker.wait() == 0, "\(worker.standardError)")
        #expect(try results("sent") == results("direct"))
    }

    /// It was frozen while others did its work; when it wakes, the job is over and its images are others.
    @Test func aWorkerThatWakesAfterTheEndChangesNoMap() throws {
        let coordinator = try RunningProgram(
            "padim-coord", inspect("late", ["--bind", "tcp://127.0.0.1:0", "--worker-deadline", "2"]))
        let address = try #require(coordinator.endpoint)
        func worker(_ name: String) throws -> RunningProgram {
            try RunningProgram(
                "padim-worker", ["--connect", address, "--threads", "1", "--name", name, "--give-up", "5"])
        }
        let frozen = try worker("frozen")
        let id = frozen.id
        let watch = try OpenWatch(workspace.file("today/line one")) { name in if name == "4.png" { kill(id, SIGSTOP) } }
        #expect(coordinator.waitUntil { $0.contains("worker frozen is gone") }, "\(coordinator.standardError)")
        watch.stop()
        let other = try worker("other")
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(other.wait() == 0)
        let before = try results("late")
        // The next day's pictures, under the same names.
        _ = try workspace.makeImages(60, named: "today/line one", seed: 3)
        kill(id, SIGCONT)
        _ = frozen.wait()
        #expect(try results("late") == before)
    }

    /// From the command line to the pixels; 50 per cent is what there was before the option.
    @Test func theOpacityOfOverlaysIsObeyedAndPartOfTheJob() throws {
        for (job, more) in [("usual", []), ("half", ["50"]), ("full", ["100"])] {
            let result = try run("padim-coord", inspect(job, more.isEmpty ? [] : ["--overlay-opacity"] + more))
            #expect(result.status == 0, "\(result.errors)")
        }
        let (usual, full) = (try results("usual"), try results("full"))
        #expect(try results("half") == usual)
        #expect(full.keys == usual.keys)
        for (name, digest) in usual { #expect((full[name] == digest) != name.hasPrefix("overlays/"), "\(name)") }
        let other = try run("padim-coord", inspect("full", []))
        #expect(other.status == 2 && other.errors.contains("overlay-opacity"), "\(other.errors)")
        let aimless = try run(
            "padim-coord",
            [
                "inspect", "--images", list, "--model", model, "--job", workspace.file("jobs/x"), "--overlay-opacity",
                "9",
            ])
        #expect(aimless.status == 2 && aimless.errors.contains("--overlays all"), "\(aimless.errors)")
    }

    @Test func aKilledCoordinatorScoresNothingTwice() throws {
        let calm = try run("padim-coord", inspect("calm", []))
        #expect(calm.status == 0, "\(calm.errors)")
        let arguments = inspect("killed", ["--local-workers", "1", "--threads", "1", "--map-size", "input"])
        let first = try RunningProgram("padim-coord", arguments)
        let maps = workspace.file("jobs/killed/maps/today/line one")
        let deadline = Date() + Double(TestTimeout.seconds)
        while ((try? FileManager.default.contentsOfDirectory(atPath: maps)) ?? []).count < 20, Date() < deadline {
            usleep(1_000)
        }
        kill(first.id, SIGKILL)
        #expect(first.wait() == 128 + SIGKILL)
        var scored: Set<String> = []
        try Journal.read(JobDirectory(workspace.file("jobs/killed"))).forEachImage(.inspect) { image in
            if image.status != nil { scored.insert((image.record.location.text as NSString).lastPathComponent) }
        }
        #expect(!scored.isEmpty)
        // Its worker notices that it is alone; only then is the folder watched.
        while try !RunningProgram.orphans(of: first.id).isEmpty, Date() < deadline { usleep(10_000) }
        let watch = try OpenWatch(workspace.file("today/line one"))
        let second = try run("padim-coord", arguments)
        watch.stop()
        #expect(second.status == 0, "\(second.errors)")
        // The report opens each image once, for its picture. Who scores an image opens it as well.
        let again = watch.openings.filter { $0.value > 1 }
        #expect(scored.isDisjoint(with: again.keys))
        #expect(scored.count + again.count == 60)
        #expect(try results("killed") == results("calm"))
    }

    /// Two cameras count from 0: the table, the export and the report tell their pictures apart.
    @Test func twoFoldersWithTheSameNamesAreTold() throws {
        for camera in ["camA", "camB"] {
            _ = try workspace.makeImages(2, named: camera, seed: camera == "camA" ? 4 : 5)
        }
        let cameras = ["camA", "camB"].map { workspace.file($0) }
        let result = try run(
            "padim-coord",
            [
                "inspect", "--images", cameras[0], "--images", cameras[1], "--model", model, "--weights",
                Workspace.weights,
                "--job", workspace.file("jobs/two"), "--maps", "none",
            ])
        #expect(result.status == 0, "\(result.errors)")
        let csv = workspace.file("two.csv")
        #expect(try run("padim", ["export", workspace.file("jobs/two"), "--csv", csv]).status == 0)
        for table in [csv, workspace.file("jobs/two/results.csv")] {
            let lines = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
            #expect(lines.first?.hasSuffix(",reason,source,path,threshold,p_value,image_row,image_col") == true)
            for (line, place) in zip(lines.dropFirst(), [(0, 0), (0, 1), (1, 0), (1, 1)]) {
                let camera = cameras[place.0]
                #expect(line.hasPrefix("\(place.1).png,ok,") && line.contains(",\(camera),\(camera)/\(place.1).png,,"))
                // The model is calibrated on its 24 images.
                #expect(
                    line.split(separator: ",", omittingEmptySubsequences: false).dropLast(2).last.flatMap { Double($0) }
                        .map { (1 / 25...1).contains($0) } == true)
            }
        }
        let report = try String(contentsOfFile: workspace.file("jobs/two/report.html"), encoding: .utf8)
        for camera in cameras { #expect(report.contains("\"\(camera)\"")) }
    }

    /// With fewer images than channels distances are large: maps hold them all the same, good images look calm, and the user is told.
    @Test func aModelOfFewImagesHasWholeMapsAndCalmColours() throws {
        let fitted = try run(
            "padim-coord",
            [
                "fit", "--images", workspace.makeImages(10, named: "few", seed: 5), "--backbone", "efficientnet_lite0",
                "--weights", Workspace.weights, "--features", "60", "--input-size", "96", "--job",
                workspace.file("fit-few"),
            ])
        #expect(fitted.errors.contains("the model is of 10 images, and has 60 channels"), "\(fitted.errors)")
        for maps in ["png16", "npy"] {
            let result = try run(
                "padim-coord",
                [
                    "inspect", "--images", list, "--model", workspace.file("fit-few/model.safetensors"), "--weights",
                    Workspace.weights, "--job", workspace.file("jobs/" + maps), "--maps", maps,
                ])
            #expect(result.status == 0 && result.errors.contains("the model is of 10 images"), "\(result.errors)")
        }
        let journal = try Journal.read(JobDirectory(workspace.file("jobs/png16")))
        let scaling = try #require(try journal.value(.mapScaling))
        var (pixels, brightest, beyond) = (0, 0, 0)
        try journal.forEachImage(.inspect) { row in
            let path = try #require(row.mapPath)
            let stored = try MapFormat.decode(file: journal.directory.inside(path))
            let exact = try MapFormat.decode(
                file: workspace.file("jobs/npy/") + path.replacing(".png", with: ".npy")
            ).map
            let score = try #require(row.score)
            #expect(!stored.isCutOff && !stored.lacksScale && exact.values.max() == score)
            let step = 1 / MapScale(holding: score).unit
            let scale = try #require(MapScale(exponent: scaling.exponent))
            let coarsest = max(step, 1 / scale.unit)
            #expect(zip(stored.map.values, exact.values).allSatisfy { abs($0 - $1) <= coarsest / 2 })
            pixels += exact.values.count
            brightest += exact.values.count { $0 >= scaling.lastColor }
            beyond += exact.values.count { $0 > 256 }
        }
        #expect(beyond > 0, "the case needs distances that one scale for all maps did not hold")
        #expect(Double(brightest) < 0.1 * Double(pixels))
    }

    @Test func resultsAreJudgedAndExported() throws {
        let result = try run("padim-coord", inspect("judged", []))
        #expect(result.status == 0, "\(result.errors)")
        let rows = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").enumerated().map {
            "\($1),\($0 % 2)"
        }
        let truth = try workspace.makeList("truth.csv", ["image_path,label_index"] + rows)
        let evaluation = try run("padim", ["evaluate", workspace.file("jobs/judged"), "--truth", truth])
        #expect(evaluation.status == 0, "\(evaluation.errors)")
        #expect(evaluation.output.contains("image AUROC"))
        try thresholdFlagsItsImage("judged", evaluation.output)
        let export = try run("padim", ["export", workspace.file("jobs/judged"), "--csv", workspace.file("again.csv")])
        #expect(export.status == 0, "\(export.errors)")
        #expect(try Digest(ofFile: workspace.file("again.csv")) == results("judged")["results.csv"])
        #expect(try run("padim", ["evaluate", workspace.file("none"), "--truth", truth]).status == 2)
        #expect(try run("padim", ["evaluate"]).status == 2)
    }

    /// The threshold that is printed, given to `export` as it is, flags the image whose score it is.
    private func thresholdFlagsItsImage(_ job: String, _ evaluation: String) throws {
        let threshold = try #require(
            evaluation.split(separator: " at threshold ").dropFirst().first?.prefix { !$0.isNewline })
        let table = workspace.file("flagged.csv")
        let export = try run(
            "padim", ["export", workspace.file("jobs/" + job), "--threshold", String(threshold), "--csv", table])
        #expect(export.status == 0, "\(export.errors)")
        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n").dropFirst()
        let flagged = rows.filter { $0.split(separator: ",", omittingEmptySubsequences: false)[5] == "1" }
        #expect(flagged.contains { $0.split(separator: ",", omittingEmptySubsequences: false)[2] == threshold })
    }
}
