import Foundation
import Inspection
import Journal
import Storage
import TestProcesses
import Testing

/// Files that change between two runs of a job, or under one: found, named, and made again where that can be.
@Suite(.serialized) struct DamageTests {
    let workspace: Workspace
    let list: String
    let digest: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(40)
        let fitted = try run("padim-coord", Self.fit(workspace, list))
        try #require(fitted.status == 0, "\(fitted.errors)")
        digest = try #require(Workspace.modelDigest(fitted.output))
    }

    private static func fit(_ workspace: Workspace, _ list: String) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "12", "--resize", "96", "--crop", "64", "--input-size", "64", "--shard-size", "8", "--checkpoint-images",
            "8", "--job",
            workspace.file("fit"),
        ]
    }

    private var model: String { workspace.file("fit/model.safetensors") }

    private func inspect(_ images: String, _ job: String) -> [String] {
        [
            "inspect", "--images", images, "--model", model, "--weights", Workspace.weights, "--shard-size", "4",
            "--job", workspace.file(job),
        ]
    }

    private func flip(_ path: String, at place: UInt64) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: place)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: place)
        try file.write(contentsOf: Data([byte ^ 4]))
        try file.close()
    }

    @Test func aDamagedModelIsMadeAgain() throws {
        try flip(model, at: 20_000)
        let again = try run("padim-coord", Self.fit(workspace, list))
        #expect(again.status == 0 && again.errors.contains("made again"), "\(again.errors)")
        #expect(Workspace.modelDigest(again.output) == digest)
        #expect(try Digest(ofFile: model).hex == digest)
        // As it is, it is not.
        let third = try run("padim-coord", Self.fit(workspace, list))
        #expect(third.status == 0 && third.output.contains("fitted before"), "\(third.errors)")
    }

    @Test func damagedPartialsOfAFittedJobAreFoundWhenItsModelIsGone() throws {
        try FileManager.default.removeItem(atPath: model)
        let partials = try FileManager.default.contentsOfDirectory(atPath: workspace.file("fit/partials")).sorted()
        try #require(partials.count > 1)
        try flip(workspace.file("fit/partials/" + partials[0]), at: 50_000)
        try FileManager.default.removeItem(atPath: workspace.file("fit/partials/" + partials[1]))
        let again = try run("padim-coord", Self.fit(workspace, list))
        #expect(again.status == 0 && again.errors.contains("folded again"), "\(again.errors)")
        #expect(Workspace.modelDigest(again.output) == digest)
    }

    @Test func aModelThatIsOverwrittenInUseEndsTheJob() throws {
        let images = try workspace.makeImages(60, named: "today", seed: 2)
        let path = model
        let watch = try OpenWatch(workspace.file("today")) { name in
            guard name == "20.png" else { return }
            // In place, as cp does it.
            if let file = FileHandle(forWritingAtPath: path) { try? file.truncate(atOffset: 1_000) }
        }
        defer { watch.stop() }
        let result = try run("padim-coord", inspect(images, "overwritten") + ["--local-workers", "1"])
        #expect(result.status == 1)
        #expect(
            result.errors.contains(path) && result.errors.contains("changed while it was in use"), "\(result.errors)")
    }

    @Test func aJobAmongItsImagesGoesOn() throws {
        _ = try workspace.makeImages(8, named: "photos", seed: 2)
        let command = inspect(workspace.file("photos"), "photos/out") + ["--overlays", "all"]
        for _ in 0..<2 {
            let result = try run("padim-coord", command)
            #expect(result.status == 0 && result.output.contains("inspected 8 images"), "\(result.errors)")
        }
    }

    @Test func aJobKnowsItsMapsGeometryAndIsOneFile() throws {
        let images = try workspace.makeImages(4, named: "few", seed: 3)
        // What a worker that was killed leaves.
        let leftover = workspace.file("few-job/maps/few/0.png.aB3xY9")
        try Folder.create(Folder.parent(of: leftover))
        try Data([1]).write(to: URL(fileURLWithPath: leftover))
        let result = try run("padim-coord", inspect(images, "few-job"))
        #expect(result.status == 0, "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: leftover))
        let copy = workspace.file("copy")
        try Folder.create(copy)
        try FileManager.default.copyItem(atPath: workspace.file("few-job/job.sqlite"), toPath: copy + "/job.sqlite")
        let journal = try Journal.read(JobDirectory(copy))
        #expect(try journal.value(.mapGeometry) == MapGeometry(resize: 96, crop: 64))
        #expect(try journal.counts(.inspect).ok == 4)
    }
}
