import Foundation
import Storage
import TestProcesses
import Testing

/// Inspections whose folders and lists grow, with real processes.
@Suite(.serialized) struct GrowthTests {
    let workspace: Workspace
    let model: String

    init() throws {
        workspace = try Workspace()
        model = workspace.file("fit/model.safetensors")
        let fitted = try run(
            "padim-coord",
            [
                "fit", "--images", workspace.makeImages(24), "--backbone", "efficientnet_lite0", "--weights",
                Workspace.weights, "--features", "12", "--input-size", "96", "--job", workspace.file("fit"),
            ])
        try #require(fitted.status == 0, "\(fitted.errors)")
        _ = try workspace.makeImages(30, named: "source", seed: 2)
        try FileManager.default.createDirectory(atPath: workspace.file("camera"), withIntermediateDirectories: true)
    }

    private func inspect(_ job: String, _ more: [String] = [], threshold: String = "5") -> [String] {
        [
            "inspect", "--images", workspace.file("camera"), "--model", model, "--weights", Workspace.weights, "--job",
            workspace.file(job), "--overlays", "all", "--threshold", threshold, "--shard-size", "4", "--only-new",
        ] + more
    }

    /// Photographs that a camera took long ago, so that nobody waits for them.
    private func take(_ numbers: some Sequence<Int>, age: Double = 3_600) throws {
        for number in numbers {
            let path = workspace.file("camera/\(number).png")
            try FileManager.default.copyItem(atPath: workspace.file("source/\(number).png"), toPath: path)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
        }
    }

    /// The rows of the table of results, without the header.
    private func rows(_ job: String) throws -> [String] {
        try String(contentsOfFile: workspace.file(job + "/results.csv"), encoding: .utf8).split(separator: "\n")
            .dropFirst()
            .map(String.init)
    }

    private func digests(_ job: String, _ folder: String) throws -> [String: Digest] {
        let root = workspace.file(job + "/" + folder)
        var found: [String: Digest] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: root) {
            found[name] = try Digest(ofFile: root + "/" + name)
        }
        return found
    }

    /// Looked at once, files of this minute are waited for until they are at rest, and are then all there, whenever each came to rest.
    @Test func freshFilesAreWaitedForAndInspected() throws {
        try take(0..<5, age: 1)
        let (source, late) = (workspace.file("source/5.png"), workspace.file("camera/5.png"))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: source))
        try bytes.prefix(100).write(to: URL(fileURLWithPath: late))
        let writer = Thread {
            usleep(1_500_000)
            guard let file = FileHandle(forWritingAtPath: late) else { return }
            file.seekToEndOfFile()
            file.write(bytes.dropFirst(100))
            try? file.close()
        }
        writer.start()
        let first = try run("padim-coord", inspect("fresh", ["--local-workers", "1"]))
        #expect(first.status == 0, "\(first.errors)")
        #expect(try rows("fresh").count == 6)
        #expect(try rows("fresh").allSatisfy { $0.contains(",ok,") })
        try take(6..<8, age: 0)
        #expect(try run("padim-coord", inspect("fresh", ["--local-workers", "1"])).status == 0)
        #expect(try rows("fresh").count == 8)
    }

    /// Scores and maps are those of a job that had all images at once; rows and files that were there stay, and a change of settings is
    /// refused.
    @Test func whatIsNewIsAddedAndTheRestStays() throws {
        try take(10..<15)
        let first = try run("padim-coord", inspect("job"))
        #expect(first.status == 0 && first.output.contains("5 new images inspected"), "\(first.errors)")
        let (before, maps) = (try rows("job"), try digests("job", "maps"))
        // One that sorts before all others, and one that would have the results of another.
        try take([0, 20])
        try FileManager.default.copyItem(
            atPath: workspace.file("camera/10.png"), toPath: workspace.file("camera/10.jpg"))
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -3_600)], ofItemAtPath: workspace.file("camera/10.jpg"))
        try FileManager.default.removeItem(atPath: workspace.file("camera/11.png"))
        let second = try run("padim-coord", inspect("job"))
        #expect(second.status == 0, "\(second.errors)")
        #expect(
            second.output.contains("3 new images; 1 of the job's images are not in the list any more"),
            "\(second.output)")
        let after = try rows("job")
        #expect(Array(after.prefix(5)) == before && after.count == 8)
        #expect(after.suffix(3).map { String($0.prefix { $0 != "," }) } == ["0.png", "10.jpg", "20.png"])
        let more = try digests("job", "maps")
        #expect(more.count == 8 && maps.allSatisfy { more[$0.key] == $0.value })
        #expect(try digests("job", "overlays").count == 8)
        // Nothing new: no worker is started.
        let third = try run("padim-coord", inspect("job"))
        #expect(third.status == 0 && third.output.contains("no new images"), "\(third.output) \(third.errors)")
        #expect(!third.output.contains("listening") && third.output.split(separator: "\n").count == 1)
        #expect(try rows("job") == after)
        let other = try run("padim-coord", inspect("job", threshold: "6"))
        #expect(other.status == 2 && other.errors.contains("threshold"), "\(other.errors)")
        // The whole at once, without --only-new.
        try take([11])
        let whole = try run("padim-coord", inspect("whole").filter { $0 != "--only-new" })
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(try rows("whole").map(score).sorted() == after.map(score).sorted())
        // A list that has grown is another one unless the command says otherwise, and is told of the way.
        try take([21])
        let plain = try run("padim-coord", inspect("whole").filter { $0 != "--only-new" })
        #expect(plain.status == 2 && plain.errors.contains("--only-new"), "\(plain.errors)")
    }

    private func score(_ row: String) -> String {
        let fields = row.split(separator: ",", omittingEmptySubsequences: false)
        return "\(fields[0]) \(fields[2])"
    }

    /// Nothing is lost and nothing counts twice, whenever the coordinator is killed.
    @Test func aKilledWatchGoesOn() throws {
        try take(0..<6)
        for round in 0..<4 {
            let watch = try RunningProgram("padim-coord", inspect("job", ["--watch", "1", "--threads", "1"]))
            try take(6 + round * 5..<11 + round * 5)
            usleep(useconds_t(300_000 + round * 500_000))
            kill(watch.id, SIGKILL)
            _ = watch.wait()
        }
        let last = try run("padim-coord", inspect("job"))
        #expect(last.status == 0, "\(last.errors)")
        let found = try rows("job")
        #expect(Set(found.map { $0.prefix { $0 != "," } }).count == 26 && found.count == 26)
        let whole = try run("padim-coord", inspect("whole").filter { $0 != "--only-new" })
        #expect(whole.status == 0, "\(whole.errors)")
        #expect(try found.map(score).sorted() == rows("whole").map(score).sorted())
        #expect(try digests("job", "maps") == digests("whole", "maps"))
    }

    /// A watch begins with an empty folder; it reads no file before it is whole, keeps its workers, and ends well when it is asked to.
    @Test func aWatchWaitsForFilesThatAreBeingWritten() throws {
        let watch = try RunningProgram(
            "padim-coord",
            inspect("job", ["--watch", "1", "--rest-time", "2", "--local-workers", "2", "--threads", "1"]))
        #expect(watch.waitUntil { $0.contains("looking for new images") }, "\(watch.standardError)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: workspace.file("source/1.png")))
        let slow = workspace.file("camera/slow.png")
        try take([0])
        // Written in pieces for longer than the time of rest.
        try Data().write(to: URL(fileURLWithPath: slow))
        for piece in 0..<4 {
            let handle = try #require(FileHandle(forWritingAtPath: slow))
            try handle.seekToEnd()
            let cut = bytes.count / 4
            try handle.write(contentsOf: piece < 3 ? bytes[piece * cut..<(piece + 1) * cut] : bytes[(3 * cut)...])
            try handle.close()
            usleep(900_000)
        }
        #expect(watch.waitUntil { $0.contains("inspected 2 images") }, "\(watch.standardOutput) \(watch.standardError)")
        #expect(watch.standardError.contains("still being written"))
        kill(watch.id, SIGTERM)
        #expect(watch.wait() == 0, "\(watch.standardError)")
        #expect(watch.standardOutput.contains("1 new image inspected"), "\(watch.standardOutput)")
        #expect(watch.standardError.split(separator: "\n").count { $0.contains(" joined") } <= 2)
        #expect(try rows("job").map { String($0.prefix { $0 != "," }) } == ["0.png", "slow.png"])
        #expect(try rows("job").allSatisfy { $0.contains(",ok,") })
    }

    /// A list of paths that somebody writes to.
    @Test func aListGrows() throws {
        try take(0..<4)
        let list = try workspace.makeList("list.txt", (0..<2).map { "camera/\($0).png" })
        let arguments = inspect("job").map { $0 == workspace.file("camera") ? list : $0 }
        #expect(try run("padim-coord", arguments).status == 0)
        _ = try workspace.makeList("list.txt", (0..<5).map { "camera/\($0).png" })
        // One listed file is missing: it counts as an unreadable image, and is tried again at the next start.
        let second = try run("padim-coord", arguments + ["--max-bad-images", "50"])
        #expect(second.status == 0 && second.output.contains("3 new images inspected, "), "\(second.errors)")
        #expect(second.output.contains("inspected 4 images"))
        try take([4])
        let third = try run("padim-coord", arguments + ["--max-bad-images", "50"])
        #expect(third.status == 0 && third.output.contains("inspected 5 images"), "\(third.output) \(third.errors)")
        #expect(try rows("job").count == 5)
    }

    @Test(arguments: [
        (["--watch", "5"], "--watch goes with --only-new"),
        (["--rest-time", "5"], "--rest-time goes with --only-new"),
        (["--only-new", "--watch", "0"], "--watch takes 1 to 86400 seconds"),
        (["--only-new", "--rest-time", "-1"], "--rest-time"),
        (["--only-new", "--drift", "--threshold", "5"], "leave out --only-new"),
    ])
    func optionsThatDoNotGoTogether(_ more: [String], _ said: String) throws {
        let result = try run(
            "padim-coord",
            ["inspect", "--images", workspace.file("camera"), "--model", model, "--job", workspace.file("j")] + more)
        #expect(result.status == 2 && result.errors.contains(said), "\(result.errors)")
    }
}
