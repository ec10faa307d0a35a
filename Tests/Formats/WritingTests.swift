import Foundation
import TestSupport
import Testing

/// Writes the fixtures of a new version beside this file. Never over those of an earlier one.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["PADIM_WRITE_FORMATS"] != nil)) struct WritingTests {
    @Test func writeTheFormats() throws {
        let version = try #require(ProcessInfo.processInfo.environment["PADIM_WRITE_FORMATS"])
        let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Fixtures/"
        let folder = try TemporaryFolder()
        try Written.writeStatistics(to: folder["statistics"])
        try Written.writeModel(from: folder["statistics"], to: folder["model"])
        try Written.writeLean(statistics: folder["lean-statistics"], model: folder["lean-model"])
        try Written.writeModelOfRegion(from: Written.path("2.statistics"), to: folder["region-model"])
        let region = fixtures + version + "-region.model"
        if !FileManager.default.fileExists(atPath: region) {
            try FileManager.default.copyItem(atPath: folder["region-model"], toPath: region)
        }
        for kind in ["statistics", "model"] {
            let place = fixtures + version + "-lean." + kind
            guard !FileManager.default.fileExists(atPath: place) else { continue }
            try FileManager.default.copyItem(atPath: folder["lean-" + kind], toPath: place)
        }
        try Written.writeJob(to: folder["job"])
        for (name, kind) in [("statistics", "statistics"), ("model", "model"), ("job/job.sqlite", "sqlite")] {
            let place = fixtures + version + "." + kind
            guard !FileManager.default.fileExists(atPath: place) else { continue }
            try FileManager.default.copyItem(atPath: folder[name], toPath: place)
        }
    }
}
