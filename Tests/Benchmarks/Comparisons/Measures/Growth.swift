import Backbone
import Foundation

/// How cost grows: with channels, with the input's side, with images.
enum Growth {
    static var comparisons: [Comparison] {
        let channels = [50, 100, 200, 400].map { dimension in
            Comparison(
                name: "growth-channels-\(dimension)", title: "fold 64 embeddings, d=\(dimension), 784 patches",
                unit: "µs/patch", scale: 1e6
            ) { _ in Measure(ours: try Folding.ours(dimension: dimension, patches: 784)) }
        }
        let sides = [112, 224, 448].map { side in
            Comparison(
                name: "growth-side-\(side)",
                title: "efficientnet_lite0, input \(side) x \(side), \((side / 4) * (side / 4)) patches",
                unit: "ms/image",
                scale: 1e3
            ) { _ in Measure(ours: try Trunks.ours(.efficientNetLite0, side: side)) }
        }
        let images = [250, 1000, 2500].map { count in
            Comparison(
                name: "growth-images-\(count)",
                title: "fit, \(count) solar cells, efficientnet_lite0, 2 workers x 1 thread",
                unit: "ms/image", scale: 1e3 / Double(count)
            ) { surroundings in
                let folder = try ImageFolders(photographs: surroundings.photographs, cache: surroundings.cache).some(
                    count)
                return Measure(ours: try Jobs.fit(.efficientNetLite0, images: folder, workers: 2, surroundings))
            }
        }
        return channels + sides + images
    }
}
