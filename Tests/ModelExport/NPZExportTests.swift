import Foundation
import Gaussian
import ModelExport
import Settings
import Testing

/// Files for NumPy, as NumPy reads them.
@Suite struct NPZExportTests {
    /// Also as an archive of 4 GiB and more would be written.
    @Test(arguments: [0xFFFF_FFFF, 0]) func numPyReadsTheModel(zip64From: Int) throws {
        var bits = [UInt8](repeating: 0, count: 6 * 4 / 8)
        bits[0] = 0b1010_0000
        let region = try #require(RegionOfInterest(width: 6, height: 4, bits: bits))
        let fitted = try FittedModel(
            settings: ModelSettings(epsilon: 0.02, blurBorder: .mirror, region: region), calibratedBy: [3, 1, 2])
        let (model, path) = (fitted.model, fitted.folder["model.npz"])
        try NPZExport(of: model).write(to: path, zip64From: zip64From)
        let found = try ReadArchive.read("npz", path)
        let (patches, dimension) = (model.space.patches, model.space.dimension)
        let means = try found.array("mean", "float32", [patches, dimension])
        let inverses = try found.array("inverse_covariance", "float32", [patches, dimension, dimension])
        for patch in 0..<patches {
            #expect(
                means[patch * dimension..<(patch + 1) * dimension].elementsEqual(
                    try fitted.mean(patch: patch).map { Double($0) }))
            let expected = try fitted.inverseCovariance(patch: patch)
            let largest = expected.map(abs).max() ?? 0
            for (one, other) in zip(inverses[(patch * dimension * dimension)...], expected) {
                #expect(abs(one - other) <= 1e-7 * largest)
            }
        }
        #expect(try found.array("channels", "int64", [dimension]) == model.space.channels.map { Double($0) })
        #expect(try found.array("exponents", "int64", [dimension]) == model.space.grid.exponents.map { Double($0) })
        #expect(
            try found.array("grid", "int64", [2]) == [Double(model.space.gridHeight), Double(model.space.gridWidth)])
        #expect(try found.array("region", "bool", [4, 6]) == [1, 0, 1] + [Double](repeating: 0, count: 21))
        #expect(try found.array("calibration_scores", "float32", [3, 1]).sorted() == [1, 2, 3])
        let settings = try #require(
            try JSONSerialization.jsonObject(with: Data(found.plain.utf8)) as? [String: Any])
        #expect(settings["epsilon"] as? Double == 0.02)
        #expect(settings["images"] as? Int == 7)
        #expect(settings["blurBorder"] as? String == "mirror")
        #expect(settings["model"] as? String == model.digest().hex)
        #expect((settings["space"] as? [String: Any])?["backbone"] as? String == "resnet18")
    }

    @Test func theSameModelGivesTheSameBytes() throws {
        let fitted = try FittedModel()
        for name in ["one", "two"] { try NPZExport(of: fitted.model).write(to: fitted.folder[name]) }
        let files = try ["one", "two"].map { try Data(contentsOf: URL(fileURLWithPath: fitted.folder[$0])) }
        #expect(files[0] == files[1])
    }
}
