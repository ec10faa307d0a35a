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

    @Test func damagedSumsAreMadeAgain() throws {
        let sums = workspace.file("fit/statistics.safetensors")
        let sound = try Digest(ofFile: sums)
        try flip(sums, at: 100_000)
        let again = try run("padim-coord", Self.fit(workspace, list))
        #expect(again.status == 0 && again.errors.contains("made again"), "\(again.errors)")
        #expect(Workspace.modelDigest(again.output) == digest)
        #expect(try Digest(ofFile: sums) == sound)
        // Sound ones of other images are none of this job's either.
        let others = try workspace.makeImages(16, named: "others", seed: 5)
        let arguments = Self.fit(workspace, others).map { $0 == workspace.file("fit") ? workspace.file("other") : $0 }
        #expect(try run("padim-coord", arguments).status == 0)
        try FileManager.default.removeItem(atPath: sums)
        try FileManager.default.copyItem(atPath: workspace.file("other/statistics.safetensors"), toPath: sums)
        #expect(try run("padim-coord", Self.fit(workspace, list)).errors.contains("other sums"))
        #expect(try Digest(ofFile: sums) == sound)
    }

    /// Made again from images that have changed, the model would be another one than that of the scores.
    @Test func twoModelsAreNotMixed() throws {
        let today = try workspace.makeImages(12, named: "today", seed: 2)
        let arguments =
            Self.fit(workspace, list).map { $0 == "fit" ? "run" : $0 == "--images" ? "--normal" : $0 }
            .map { $0 == workspace.file("fit") ? workspace.file("mixed") : $0 } + ["--images", today]
        let first = try run("padim-coord", arguments)
        #expect(first.status == 0, "\(first.errors)")
        unlink(workspace.file("mixed/model.safetensors"))
        for name in try FileManager.default.contentsOfDirectory(atPath: workspace.file("mixed/partials")) {
            unlink(workspace.file("mixed/partials/" + name))
        }
        _ = try workspace.makeImages(40, seed: 9)
        let results = try Digest(ofFile: workspace.file("mixed/results.csv"))
        for _ in 0..<2 {
            let second = try run("padim-coord", arguments)
            #expect(second.status == 1 && second.errors.contains("in another directory"), "\(second.errors)")
            #expect(try Digest(ofFile: workspace.file("mixed/results.csv")) == results)
        }
        // As they were, they give the model that was.
        _ = try workspace.makeImages(40)
        for name in try FileManager.default.contentsOfDirectory(atPath: workspace.file("mixed/partials")) {
            unlink(workspace.file("mixed/partials/" + name))
        }
        let third = try run("padim-coord", arguments)
        #expect(third.status == 0, "\(third.errors)")
        #expect(Workspace.modelDigest(third.output) == digest)
    }

    @Test func sumsToGoOnWithAreNotTheJobsOwnAndDoNotChange() throws {
        let more = try workspace.makeImages(40, named: "more", seed: 4)
        func fit(_ job: String, continuing sums: String) -> [String] {
            Self.fit(workspace, more).map { $0 == workspace.file("fit") ? workspace.file(job) : $0 } + [
                "--continue", sums,
            ]
        }
        let sums = workspace.file("fit/statistics.safetensors")
        let sound = try Digest(ofFile: sums)
        let own = try run("padim-coord", fit("fit", continuing: sums))
        #expect(own.status == 2 && own.errors.contains("its own sums"), "\(own.errors)")
        #expect(try Digest(ofFile: sums) == sound)
        let watch = try OpenWatch(workspace.file("more")) { name in
            guard name == "30.png" else { return }
            if let file = FileHandle(forWritingAtPath: sums) { try? file.truncate(atOffset: 100_000) }
        }
        defer { watch.stop() }
        let cut = try run("padim-coord", fit("cut", continuing: sums))
        #expect(cut.status == 1 && cut.errors.contains("it was changed while it was in use"), "\(cut.errors)")
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
        // What workers that were killed leave, of this release and of earlier ones.
        let leftovers = ["2147483650", "aB3xY9"].map { workspace.file("few-job/maps/few/0.png.\($0)") }
        try Folder.create(workspace.file("few-job/maps/few"))
        for leftover in leftovers { try Data([1]).write(to: URL(fileURLWithPath: leftover)) }
        let result = try run("padim-coord", inspect(images, "few-job"))
        #expect(result.status == 0, "\(result.errors)")
        for leftover in leftovers { #expect(!FileManager.default.fileExists(atPath: leftover)) }
        let copy = workspace.file("copy")
        try Folder.create(copy)
        try FileManager.default.copyItem(atPath: workspace.file("few-job/job.sqlite"), toPath: copy + "/job.sqlite")
        let journal = try Journal.read(JobDirectory(copy))
        #expect(try journal.value(.mapGeometry) == MapGeometry(resize: 96, crop: 64))
        #expect(try journal.counts(.inspect).ok == 4)
    }
}
