import Backbone
import Foundation

/// How long a program at the line waits for the score of one picture, when `padim score --stdin` has the model already.
enum Latency {
    private static let images = 200

    static var comparisons: [Comparison] {
        [(Backbone.efficientNetLite0, " (at most 15)"), (.resnet18, "")].map { backbone, limit in
            Comparison(
                name: "latency-\(backbone.name)",
                title: "one solar cell at a time, padim score --stdin, \(backbone.name), 1 thread\(limit)", unit: "ms",
                scale: 1e3
            ) { surroundings in
                let folder = try ImageFolders(photographs: surroundings.photographs, cache: surroundings.cache)
                    .some(images)
                _ = try Jobs.fit(backbone, images: folder, workers: 2, surroundings).run()
                let paths = try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map {
                    folder + "/" + $0
                }
                let scoring = try LineProcess([
                    surroundings.binaries + "/padim", "score", surroundings.scratch + "/fit/model.safetensors",
                    "--weights", Jobs.weights(backbone, surroundings), "--stdin", "--threads", "1",
                ])
                return Measure(ours: Contestant(name: "padim") { try median(of: paths, scoring) })
            }
        }
    }

    /// The median of the seconds from a path to its line.
    private static func median(of paths: [String], _ scoring: LineProcess) throws -> Double {
        let times = try paths.map { path in
            try seconds {
                let line = try scoring.answer(to: path)
                guard line.contains("\"score\"") else { throw BenchmarkError("padim score answered '\(line)'") }
            }
        }
        return times.sorted()[times.count / 2]
    }
}
