import Backbone
import Foundation

/// The largest memory of one process of a job.
enum Memory {
    static var comparisons: [Comparison] {
        [500, 2000].map { count in
            Comparison(
                name: "memory-\(count)",
                title: "largest process of a fit, \(count) solar cells, efficientnet_lite0, d=100",
                unit: "MB", scale: 1e-6
            ) { surroundings in
                let images = try ImageFolders(photographs: surroundings.photographs, cache: surroundings.cache).some(
                    count)
                let job = surroundings.scratch + "/memory"
                let command = [
                    surroundings.binaries + "/padim-coord", "fit", "--images", images, "--backbone",
                    "efficientnet_lite0",
                    "--weights", try Jobs.weights(.efficientNetLite0, surroundings), "--job", job, "--local-workers",
                    "1",
                    "--threads", "2",
                ]
                return Measure(
                    ours: Contestant(name: "padim") {
                        try? FileManager.default.removeItem(atPath: job)
                        return try WholeProcess(command: command).run(log: job + ".log").peakBytes
                    })
            }
        }
    }
}
