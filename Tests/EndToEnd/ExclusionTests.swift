import Foundation
import Gaussian
import Imaging
import Storage
import TestProcesses
import Testing

/// Images that are taken out of a fit leave no trace: its files are those of a fit without them.
@Suite(.serialized) struct ExclusionTests {
    let workspace: Workspace
    let list: String
    let names: [String]

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(60)
        names = try String(contentsOfFile: list, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private func fit(_ job: String, _ more: [String] = [], images: String? = nil) -> [String] {
        [
            "fit", "--images", images ?? list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
            "--features", "20", "--input-size", "96", "--shard-size", "8", "--checkpoint-images", "16", "--job",
            workspace.file(job),
        ] + more
    }

    @discardableResult
    private func fitted(_ job: String, _ more: [String] = [], images: String? = nil) throws -> String {
        let result = try run("padim-coord", fit(job, ["--local-workers", "2"] + more, images: images))
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    private func bytes(_ job: String, _ file: String) throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: workspace.file("\(job)/\(file).safetensors")))
    }

    private func isSame(_ one: String, _ other: String) throws -> Bool {
        try ["model", "statistics"].allSatisfy { try bytes(one, $0) == bytes(other, $0) }
    }

    private func without(_ wrong: [Int]) throws -> (wrong: String, rest: String) {
        let rest = names.indices.filter { !wrong.contains($0) }
        return (
            try workspace.makeList("wrong.txt", wrong.map { names[$0] }),
            try workspace.makeList("rest.txt", rest.map { names[$0] })
        )
    }

    @Test(arguments: [["--calibrate", "20"], ["--calibrate", "none"], ["--lots", "none"], []])
    func theFilesAreThoseOfAFitWithoutThem(_ more: [String]) throws {
        let (wrong, rest) = try without([0, 1, 17, 30, 59])
        try fitted("rest", more, images: rest)
        try fitted("whole", more)
        let before = try bytes("whole", "model")
        let said = try fitted("whole", more + ["--exclude", wrong])
        #expect(said.contains("took 5 images out") && said.contains("fitted 55 images"), "\(said)")
        #expect(try isSame("whole", "rest") && bytes("whole", "model") != before)
        // A job that begins with the list never folds them.
        try fitted("fresh", more + ["--exclude", wrong])
        #expect(try isSame("fresh", "rest"))
        // They stay out, with the option and without.
        for option in [[], ["--exclude", wrong]] {
            #expect(try fitted("whole", more + option).contains("(fitted before)"))
        }
        let table = workspace.file("normal.csv")
        #expect(
            try run("padim", ["export", workspace.file("whole"), "--images", "normal", "--csv", table]).status == 0)
        let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 61 && rows.count { $0.contains(",excluded,") } == 5)
        // More of them, one after the other.
        let (more5, rest2) = try without([0, 1, 2, 17, 30, 40, 59])
        try fitted("rest2", more, images: rest2)
        try fitted("whole", more + ["--exclude", more5])
        #expect(try isSame("whole", "rest2"))
    }

    @Test(arguments: ["ready for stage 1", "ready for stage 2", "merged", "ready for stage 3"], [SIGKILL, SIGTERM])
    func killedAtAnyMomentTheSameCommandGoesOn(moment: String, signal: Int32) throws {
        let (wrong, rest) = try without([3, 4, 44])
        try fitted("rest", images: rest)
        try fitted("whole")
        let command = fit("whole", ["--local-workers", "1", "--threads", "1", "--exclude", wrong])
        let first = try RunningProgram("padim-coord", command)
        #expect(first.waitUntil { $0.contains(moment) })
        kill(first.id, signal)
        _ = first.wait()
        let again = try run("padim-coord", command)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try isSame("whole", "rest"))
    }

    @Test func theTableOfSuspectsIsSuchAList() throws {
        try fitted("whole")
        let table = workspace.file("tables/suspects.csv")
        try FileManager.default.createDirectory(atPath: workspace.file("tables"), withIntermediateDirectories: true)
        let listed = try run("padim", ["suspects", workspace.file("whole"), "--limit", "4", "--csv", table])
        #expect(listed.status == 0, "\(listed.errors)")
        let worst = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n").dropFirst().map {
            String($0.prefix { $0 != "," })
        }
        let rest = try workspace.makeList("rest.txt", names.filter { !worst.contains($0) })
        try fitted("rest", images: rest)
        // The page of the former fit shows images that are out.
        let page = workspace.file("whole/suspects.html")
        try DurableFile.write("former".utf8, to: page)
        try fitted("whole", ["--exclude", table])
        #expect(!FileManager.default.fileExists(atPath: page))
        #expect(worst.count == 4)
        #expect(try isSame("whole", "rest"))
    }

    @Test func whatIsNotTheImageThatWasFoldedStaysIn() throws {
        try fitted("whole")
        let before = (try bytes("whole", "model"), try bytes("whole", "statistics"))
        let (wrong, _) = try without([5, 6])
        let path = workspace.file(names[6])
        let content = try Data(contentsOf: URL(fileURLWithPath: path))
        try Data(contentsOf: URL(fileURLWithPath: workspace.file(names[7]))).write(to: URL(fileURLWithPath: path))
        let changed = try run("padim-coord", fit("whole", ["--local-workers", "1", "--exclude", wrong]))
        #expect(changed.status == 1 && changed.errors.contains("not what they were"), "\(changed.errors)")
        try FileManager.default.removeItem(atPath: path)
        let gone = try run("padim-coord", fit("whole", ["--local-workers", "1", "--exclude", wrong]))
        #expect(gone.status == 1 && gone.errors.contains("cannot be read"), "\(gone.errors)")
        try content.write(to: URL(fileURLWithPath: path))
        #expect(try fitted("whole").contains("(fitted before)"))
        #expect(try (bytes("whole", "model"), bytes("whole", "statistics")) == before)
        let stranger = try workspace.makeList("stranger.txt", ["good/nowhere.png"])
        let unknown = try run("padim-coord", fit("whole", ["--local-workers", "1", "--exclude", stranger]))
        #expect(unknown.status == 2 && unknown.errors.contains("'good/nowhere.png'"), "\(unknown.errors)")
        try fitted("whole", ["--exclude", wrong])
        #expect(try bytes("whole", "model") != before.0)
    }

    /// An odd one goes, and no other; what remains is a fit without it.
    @Test func trimmingTakesOutWhatStandsOut() throws {
        var pixels = [UInt8](repeating: 120, count: 3 * 64 * 64)
        for place in pixels.indices where place / 7 % 2 == 0 { pixels[place] = 255 }
        let odd = RGBImage(width: 64, height: 64, pixels: pixels)
        try DurableFile.write(try PNGEncoder.encode(odd), to: workspace.file("good/33.png"))
        let result = try run("padim-coord", fit("whole", ["--local-workers", "2", "--trim"]))
        #expect(result.status == 0 && result.errors.contains("--trim, round 1: takes 1 of 60"), "\(result.errors)")
        #expect(result.errors.contains("good/33.png, score"), "\(result.errors)")
        #expect(result.errors.contains("--trim, round 2: takes no image out"), "\(result.errors)")
        try fitted("rest", images: without([33]).rest)
        #expect(try isSame("whole", "rest"))
        #expect(try fitted("whole", ["--trim"]).contains("(fitted before)"))
        let none = try run("padim-coord", fit("none", ["--local-workers", "1", "--trim", "--calibrate", "none"]))
        #expect(none.status == 2 && none.errors.contains("--trim goes by the scores"), "\(none.errors)")
    }

    /// What is damaged is folded again, without the images that are taken out.
    @Test func aDamagedPartialIsFoldedAgainWithoutThem() throws {
        let (wrong, rest) = try without([3, 4, 44])
        try fitted("rest", images: rest)
        try fitted("whole")
        let folder = workspace.file("whole/partials")
        let first = try #require(FileManager.default.contentsOfDirectory(atPath: folder).min())
        try FileManager.default.removeItem(atPath: folder + "/" + first)
        try fitted("whole", ["--exclude", wrong])
        #expect(try isSame("whole", "rest"))
    }
}
