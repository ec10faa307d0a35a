import Cluster
import Foundation
import ImageLists
import Settings
import Storage
import TestSupport
import Testing
import WorkerService

/// Wherever an image is said to be, its map lies in the job's folder of maps and nowhere else.
@Suite struct ArtifactSinkTests {
    let folder: TemporaryFolder
    let order: InspectionOrder

    init() throws {
        folder = try TemporaryFolder()
        // Deep, so that a path that climbs is still seen.
        try FileManager.default.createDirectory(atPath: folder["a/b/c/job"], withIntermediateDirectories: true)
        try DurableFile.write(Array("1".utf8), to: folder["a/b/c/job/probe"])
        order = InspectionOrder(
            settings: InspectionSettings(scoring: ScoreSettings(blurBorder: .mirror), overlays: .all),
            mapScaleExponent: 8, firstColor: 10, lastColor: 40, directory: folder["a/b/c/job"], probe: "probe",
            probeValue: "1")
    }

    private static let parts = [
        "..", "...", ".", "", "a", "A", "a.png", "~", "~2", "maps", " ", "\u{7F}", "\u{1}", "\u{0600}",
        "..\u{0600}.png",
        ".\u{301}", "..\u{200D}", "\u{202E}", "%2e%2e", "..\\", "C:", "etc", "passwd",
        String(repeating: "x", count: 255),
        String(repeating: "x", count: 300) + ".png", String(repeating: "é", count: 200), "job", "c", "probe",
    ]

    /// Lists of hostile names, through the naming and the sink that real maps go through.
    @Test(arguments: [1, 2, 3] as [UInt64]) func hostileListsStayInside(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let lines = (0..<300).map { _ in
            let middle = (0...random.below(9)).map { _ in Self.parts[random.below(Self.parts.count)] }
            let start = ["", "/", "../", "../../../", "//", "./"][random.below(6)]
            return start + middle.joined(separator: "/") + ["", ".png", ".tiff", ".npy", "/", "/.."][random.below(6)]
        }
        for (name, text) in [
            ("list.txt", lines.joined(separator: "\n")), ("list.csv", (["image_path"] + lines).joined(separator: "\n")),
        ] {
            let list = try ImageList.read([folder.file(name, Array(text.utf8))])
            try putAll(list.entries.map(\.outputStem))
            #expect(try outside() == ["a", name])
            unlink(folder[name])
        }
    }

    /// A name with a byte 0 in it is refused with its line.
    @Test func aZeroByteIsRefused() throws {
        for name in ["list.txt", "list.csv"] {
            let path = try folder.file(name, Array("image_path\na\0/../../b.png\n".utf8))
            #expect { try ImageList.read([path]) } throws: { "\($0)".contains("\(path):2") }
        }
    }

    /// Links among the images, and one under the name that a map has at first, are not followed when maps are written.
    @Test func linksAreNotFollowed() throws {
        try FileManager.default.createDirectory(atPath: folder["a/b/c/job/maps"], withIntermediateDirectories: true)
        try DurableFile.write([1, 2], to: folder["precious"])
        symlink(folder["precious"], folder["a/b/c/job/maps/x.png.77"])
        symlink(folder["precious"], folder["y.png"])
        let list = try ImageList.read([folder.file("list.txt", Array("x.png\ny.png\n".utf8))])
        try putAll(list.entries.map(\.outputStem))
        #expect(try Data(contentsOf: URL(fileURLWithPath: folder["precious"])) == Data([1, 2]))
        #expect(
            try FileManager.default.attributesOfItem(atPath: folder["a/b/c/job/maps/x.png.77"])[.type]
                as? FileAttributeType == .typeRegular)
    }

    /// A coordinator that asks for a map elsewhere is not obeyed.
    @Test(arguments: ["../x", "a/../../../x", "/x", "a//x", "", "..", "./x", "x\0y", "../../../../../x"])
    func aPlaceOutsideIsRefused(output: String) throws {
        let sink = try ArtifactSink(order: order)
        let task = ImageTask(id: 1, location: .file("/x.png"), output: output)
        for kind in [Artifact.map, .overlay] {
            // Two of these are odd names inside once they have an extension.
            do { _ = try sink.put(kind, [1], of: task, under: 77) { _, _, _ in } } catch { continue }
            #expect(["", ".."].contains(output))
        }
        #expect(try outside() == ["a"])
    }

    /// A worker that stood still writes nothing into a job that is over, or that has begun anew.
    @Test(arguments: [nil, "2"] as [String?]) func aJobThatIsOverKeepsItsMaps(value: String?) throws {
        let sink = try ArtifactSink(order: order)
        let (old, new) = (
            ImageTask(id: 1, location: .file("/x"), output: "x"), ImageTask(id: 2, location: .file("/y"), output: "y")
        )
        #expect(try !sink.put(.map, [1], of: old, under: 77) { _, _, _ in })
        unlink(folder["a/b/c/job/probe"])
        if let value { try DurableFile.write(Array(value.utf8), to: folder["a/b/c/job/probe"]) }
        for task in [old, new] {
            #expect {
                _ = try sink.put(.map, [2], of: task, under: 78) { _, _, _ in }
            } throws: { "\($0)".contains("is over") }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["a/b/c/job/maps"]) == ["x.png.77"])
        #expect(try MappedFile(path: folder["a/b/c/job/maps/x.png.77"]).withBytes { Array($0) } == [1])
    }

    /// The coordinator of another user could not rename what this worker makes: it is sent.
    @Test(.enabled(if: geteuid() == 0, "only the administrator gives files to others"))
    func whatIsNotTheCoordinatorsIsSent() throws {
        #expect(chown(folder["a/b/c/job/probe"], 4_242, gid_t.max) == 0)
        let sink = try ArtifactSink(order: order)
        let task = ImageTask(id: 1, location: .file("/x"), output: "x")
        let sent = Locked<[[UInt8]]>([])
        #expect(try sink.put(.map, [1], of: task, under: 77) { _, _, bytes in sent.withLock { $0.append(bytes) } })
        #expect(sent.withLock { $0 } == [[1]])
        #expect(try FileManager.default.contentsOfDirectory(atPath: order.directory) == ["probe"])
    }

    private func putAll(_ outputs: [String]) throws {
        let sink = try ArtifactSink(order: order)
        for (number, output) in outputs.enumerated() {
            for kind in [Artifact.map, .overlay] {
                let place = try #require(order.path(of: kind, output: output))
                #expect(RelativePath.isContained(place), "\(place)")
                let task = ImageTask(id: ImageID(rawValue: Int64(number)), location: .file("/none"), output: output)
                #expect(try !sink.put(kind, [UInt8(number % 256)], of: task, under: 77) { _, _, _ in })
                #expect(FileManager.default.fileExists(atPath: order.directory + "/\(place).77"))
            }
        }
    }

    /// Everything beside the job's maps and overlays.
    private func outside() throws -> [String] {
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["a"]) == ["b"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["a/b"]) == ["c"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder["a/b/c"]) == ["job"])
        let job = try FileManager.default.contentsOfDirectory(atPath: folder["a/b/c/job"])
        #expect(Set(job).isSubset(of: ["maps", "overlays", "probe"]))
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    }
}
