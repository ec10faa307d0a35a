import Foundation
import Gaussian
import Imaging
import Settings
import Storage
import TestProcesses
import Testing

/// Regions of interest with real processes: the model carries one, inspections follow it, and results leave out what does not count.
@Suite(.serialized) struct RegionTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(24)
    }

    /// A mask of the images' size that is white from a column on.
    private func mask(_ name: String, from column: Int, width: Int = 64, height: Int = 64) throws -> String {
        let defective = (0..<width * height).map { $0 % width >= column }
        let bytes = try MaskEncoder.encode(Mask(width: width, height: height, defective: defective))
        try DurableFile.write(bytes, to: workspace.file(name))
        return workspace.file(name)
    }

    private func fit(_ job: String, _ more: [String] = []) throws -> (status: Int32, output: String, errors: String) {
        try run(
            "padim-coord",
            [
                "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights,
                "--features", "12", "--input-size", "64", "--local-workers", "2", "--job", workspace.file(job),
            ] + more)
    }

    private func inspect(
        _ job: String, _ model: String, _ more: [String] = []
    ) throws -> (status: Int32, output: String, errors: String) {
        try run(
            "padim-coord",
            [
                "inspect", "--images", list, "--model", workspace.file("\(model)/model.safetensors"), "--weights",
                Workspace.weights, "--maps", "npy", "--local-workers", "2", "--job", workspace.file(job),
            ] + more)
    }

    private func rows(_ job: String) throws -> [[Substring]] {
        try String(contentsOfFile: workspace.file("\(job)/results.csv"), encoding: .utf8).split(separator: "\n")
            .dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    @Test func theModelCarriesTheRegion() throws {
        let (right, left) = (try mask("right.png", from: 40), try mask("left.png", from: 0))
        let plain = try fit("plain")
        #expect(plain.status == 0, "\(plain.errors)")
        let region = try fit("region", ["--roi", right])
        #expect(region.status == 0, "\(region.errors)")
        // The same pixels, named by those that do not count.
        let complement = (0..<64 * 64).map { $0 % 64 < 40 }
        try DurableFile.write(
            MaskEncoder.encode(Mask(width: 64, height: 64, defective: complement)), to: workspace.file("ignored.png"))
        #expect(try fit("ignored", ["--ignore", workspace.file("ignored.png")]).status == 0)
        func model(_ job: String) throws -> Digest { try Digest(ofFile: workspace.file("\(job)/model.safetensors")) }
        #expect(try model("region") == model("ignored") && model("region") != model("plain"))
        func sums(_ job: String) throws -> Digest {
            try Digest(ofFile: workspace.file("\(job)/statistics.safetensors"))
        }
        #expect(try sums("region") == sums("plain"))
        // The calibration is of the region too.
        let (ofRegion, ofAll) = try (
            GaussianModel(path: workspace.file("region/model.safetensors")).calibration,
            GaussianModel(path: workspace.file("plain/model.safetensors")).calibration
        )
        #expect(ofRegion != nil && ofRegion?.images.map(\.scores) != ofAll?.images.map(\.scores))

        // Inspections follow the model; a region that is given to one of the model without it gives the same.
        #expect(try inspect("followed", "region").status == 0)
        #expect(try inspect("given", "plain", ["--roi", right]).status == 0)
        let (followed, given) = (try rows("followed"), try rows("given"))
        #expect(followed.count == 24 && followed.map { $0[2] } == given.map { $0[2] })
        #expect(followed.allSatisfy { Int($0[4]).map { $0 >= 40 } == true && Int($0[13]).map { $0 >= 40 } == true })
        #expect(!FileManager.default.fileExists(atPath: workspace.file("given/model-of-region.safetensors")))
        for row in followed {
            let maps = try ["followed", "given"].map {
                try MapFormat.decode(file: workspace.file("\($0)/\(row[6])")).map.values
            }
            #expect(maps[0].map(\.bitPattern) == maps[1].map(\.bitPattern))
            #expect(maps[0].indices.allSatisfy { maps[0][$0].isNaN == ($0 % 64 < 40) })
        }
        // All pixels count: as without a region.
        #expect(try inspect("all", "plain").status == 0 && inspect("every", "plain", ["--roi", left]).status == 0)
        #expect(try rows("all").map { $0[2] } == rows("every").map { $0[2] })
        #expect(try rows("all").map { $0[2] } != followed.map { $0[2] })
    }

    /// A list that names the same mask for each image is inspected as with that mask for all; each image may have another.
    @Test func listsNameRegions() throws {
        let right = try mask("right.png", from: 40)
        #expect(try fit("plain", ["--calibrate", "none"]).status == 0)
        let model = workspace.file("plain/model.safetensors")
        func inspect(_ job: String, _ list: String, _ more: [String] = []) throws -> [[Substring]] {
            let result = try run(
                "padim-coord",
                [
                    "inspect", "--images", list, "--model", model, "--weights", Workspace.weights, "--maps", "png16",
                    "--local-workers", "2", "--max-bad-images", "60", "--job", workspace.file(job),
                ] + more)
            #expect(result.status == 0, "\(result.errors)")
            return try rows(job)
        }
        let names = (0..<24).map { "good/\($0).png" }
        let named = try workspace.makeList("named.csv", ["image_path,roi_path"] + names.map { $0 + ",right.png" })
        let scores = { (rows: [[Substring]]) in rows.map { $0[2] } }
        let expected = try scores(inspect("all", list, ["--roi", right]))
        #expect(try scores(inspect("named", named)) == expected)
        let mixed = try workspace.makeList(
            "mixed.csv",
            [
                "image_path,roi_path", "good/0.png,right.png", "good/1.png,", "good/2.png,gone.png",
                "good/3.png,small.png",
            ])
        _ = try mask("small.png", from: 0, width: 10)
        let found = try inspect("mixed", mixed)
        let plain = try scores(inspect("none", list))
        #expect(found[0][2] == expected[0] && found[1][2] == plain[1] && expected[1] != plain[1])
        #expect(found[2][1] == "unreadable" && found[2][7].contains("gone.png"))
        #expect(
            found[3][1] == "unreadable"
                && found[3].joined(separator: ",").contains("region of interest is for images of 10 x 64"))
        // What is made of the maps leaves out the same.
        let flagged = try run(
            "padim", ["flag", workspace.file("mixed"), "--threshold", "0", "--regions"])
        #expect(flagged.status == 0, "\(flagged.errors)")
        let regions = try String(contentsOfFile: workspace.file("mixed/regions.csv"), encoding: .utf8)
            .split(separator: "\n").dropFirst().map { $0.split(separator: ",") }
        #expect(regions.map { $0[2] } == ["40", "0"])
    }

    @Test func regionsThatFitNoImageAreRefused() throws {
        let small = try mask("small.png", from: 4, width: 32)
        let refused = try fit("refused", ["--roi", small])
        #expect(refused.status == 2 && refused.errors.contains("is of 32 x 64 pixels, and none of the first images is"))
        let none = try mask("none.png", from: 64)
        let empty = try fit("refused", ["--roi", none])
        #expect(empty.status == 2 && empty.errors.contains("marks no pixel"))
        #expect(try fit("refused", ["--ignore", mask("every.png", from: 0)]).errors.contains("marks every pixel"))
        #expect(try fit("refused", ["--roi", small, "--ignore", small]).errors.contains("give one of them"))
        #expect(try fit("refused", ["--roi", workspace.file("no.png")]).status == 2)
        // A region of an inspection narrows the model's, and what is left must not be empty.
        #expect(try fit("half", ["--roi", mask("half.png", from: 32), "--calibrate", "none"]).status == 0)
        try DurableFile.write(
            MaskEncoder.encode(
                Mask(width: 64, height: 64, defective: (0..<64 * 64).map { $0 % 64 < 32 })),
            to: workspace.file("other.png"))
        let apart = try inspect("apart", "half", ["--roi", workspace.file("other.png")])
        #expect(apart.status == 2 && apart.errors.contains("no pixel is both"))
        let wrong = try inspect("wrong", "half", ["--roi", small])
        #expect(wrong.status == 2)
        // A job that has begun goes on with its own region only.
        #expect(try fit("half", ["--calibrate", "none"]).status == 2)
    }
}
