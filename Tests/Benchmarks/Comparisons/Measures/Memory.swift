import Backbone
import Foundation

/// The largest memory of the processes of a fit, whose measure here is the number of images, of channels, and nothing else.
enum Memory {
    static var comparisons: [Comparison] {
        [
            largest("memory-500", .efficientNetLite0, images: 500, dimension: 100, limit: 600),
            largest("memory-2000", .efficientNetLite0, images: 2000, dimension: 100, limit: 600),
            largest("memory-resnet18", .resnet18, images: 500, dimension: 100, limit: 600),
            // Two full batches.
            largest("memory-wide", .wideResNet50, images: 130, dimension: 550, limit: 6000),
            coordinator("memory-coordinator-lite0", .efficientNetLite0, images: 2000, dimension: 100),
            coordinator("memory-coordinator-wide", .wideResNet50, images: 130, dimension: 550),
        ]
    }

    /// Of all processes: a worker's, or the coordinator's.
    private static func largest(
        _ name: String, _ backbone: Backbone, images: Int, dimension: Int, limit: Int
    ) -> Comparison {
        comparison(
            name,
            "largest process of a fit, \(images) solar cells, \(backbone.name), d=\(dimension) (at most \(limit))",
            backbone, images
        ) { command, job in
            let peak = try WholeProcess(command: command).run(log: job + ".log").peakBytes
            var own = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
            guard peak > Double(own.ru_maxrss) * 1024 else {
                throw BenchmarkError("memory is measured first, or alone: what this process once had would count")
            }
            return peak
        }
    }

    private static func coordinator(_ name: String, _ backbone: Backbone, images: Int, dimension: Int) -> Comparison {
        comparison(
            name, "coordinator of a fit, \(images) solar cells, \(backbone.name), d=\(dimension) (at most 400)",
            backbone,
            images
        ) { command, _ in try WatchedProcess(command: command).peakBytes() }
    }

    private static func comparison(
        _ name: String, _ title: String, _ backbone: Backbone, _ images: Int,
        _ peakBytes: @escaping (_ command: [String], _ job: String) throws -> Double
    ) -> Comparison {
        Comparison(name: name, title: title, unit: "MB", scale: 1e-6, mostRounds: 1) { surroundings in
            let folder = try ImageFolders(photographs: surroundings.photographs, cache: surroundings.cache).some(images)
            let job = surroundings.scratch + "/memory"
            let command = [
                surroundings.binaries + "/padim-coord", "fit", "--images", folder, "--backbone", backbone.name,
                "--weights", try Jobs.weights(backbone, surroundings), "--job", job, "--local-workers", "1",
                "--threads", "2", "--calibrate", "none",
            ]
            return Measure(
                ours: Contestant(name: "padim") {
                    try? FileManager.default.removeItem(atPath: job)
                    return try peakBytes(command, job)
                })
        }
    }
}
