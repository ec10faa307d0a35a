import Backbone
import Foundation

/// The backbones up to their last tap, one thread, 224 x 224.
enum Trunks {
    private static let targets: [(backbone: Backbone, target: Double, stretch: Double)] = [
        (.resnet18, 0.45, 0.40), (.wideResNet50, 0.62, 0.52), (.efficientNetLite0, 0.80, 0.72),
        (.efficientNetB5, 0.95, 0.80),
    ]
    private static let images = 8

    static var comparisons: [Comparison] {
        targets.map { backbone, target, stretch in
            Comparison(
                name: "trunk-\(backbone.name)", title: "\(backbone.name) up to its last tap, 1 thread",
                unit: "ms/image",
                scale: 1e3, target: target, stretch: stretch
            ) { surroundings in
                Measure(ours: try ours(backbone), peers: try peers(backbone, surroundings))
            }
        }
    }

    /// Groups of four.
    static func ours(_ backbone: Backbone, side: Int = 224) throws -> Contestant {
        let layers = backbone.defaultLayers
        let weights = try BackboneWeights(SyntheticWeights(backbone), for: backbone, upTo: layers)
        let engine = try Engine(
            backbone: backbone, weights: weights, layers: layers, inputHeight: side, inputWidth: side)
        let workspace = try engine.makeWorkspace()
        var random = SplitMix(seed: 1)
        let group = (0..<engine.groupSize).map { _ in
            (0..<3 * side * side).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        try engine.run(group.map { .bytes($0) }, in: workspace)
        return Contestant(name: "padim \(engine.instructionSet.rawValue)") {
            let calls = max(1, images / group.count)
            return try seconds { for _ in 0..<calls { try engine.run(group.map { .bytes($0) }, in: workspace) } }
                / Double(calls * group.count)
        }
    }

    private static func peers(_ backbone: Backbone, _ surroundings: Surroundings) throws -> [Contestant] {
        guard let python = surroundings.python else { return [] }
        return try ["onnxruntime", "openvino"].map { runtime in
            let peer = try PeerProcess([
                python, surroundings.peers + "/trunks.py", backbone.name, runtime, "--batch", "\(images)",
            ])
            return Contestant(name: peer.name) { try peer.run() }
        }
    }
}
