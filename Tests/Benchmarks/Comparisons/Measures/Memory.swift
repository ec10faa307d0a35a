import Backbone
import Foundation

/// The largest memory of one process of a job: a worker's, or the coordinator's.
enum Memory {
    static var comparisons: [Comparison] {
        [
            comparison("memory-500", .efficientNetLite0, images: 500, dimension: 100),
            comparison("memory-2000", .efficientNetLite0, images: 2000, dimension: 100),
            comparison("memory-resnet18", .resnet18, images: 500, dimension: 100),
            // Two full batches.
            comparison("memory-wide", .wideResNet50, images: 130, dimension: 550),
        ]
    }

    private static func comparison(_ name: String, _ backbone: Backbone, images: Int, dimension: Int) -> Comparison {
        Comparison(
            name: name, title: "largest process of a fit, \(images) solar cells, \(backbone.name), d=\(dimension)",
            unit: "MB", scale: 1e-6, mostRounds: 1
        ) { surroundings in
            let folder = try ImageFolders(photographs: surroundings.photographs, cache: surroundings.cache).some(images)
            let job = surroundings.scratch + "/memory"
            let command = [
                surroundings.binaries + "/padim-coord", "fit", "--images", folder, "--backbone", backbone.name,
                "--weights", try Jobs.weights(backbone, surroundings), "--job", job, "--local-workers", "1",
                "--threads",
                "2",
            ]
            return Measure(
                ours: Contestant(name: "padim") {
                    try? FileManager.default.removeItem(atPath: job)
                    let peak = try WholeProcess(command: command).run(log: job + ".log").peakBytes
                    var own = rusage()
                    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
                    guard peak > Double(own.ru_maxrss) * 1024 else {
                        throw BenchmarkError(
                            "memory is measured first, or alone: what this process once had would count")
                    }
                    return peak
                })
        }
    }
}
