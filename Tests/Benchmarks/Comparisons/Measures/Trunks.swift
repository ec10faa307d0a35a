import Backbone
import CKernels
import Compute

/// The backbones up to their last tap, one thread, 224 x 224.
enum Trunks {
    private static let targets: [(backbone: Backbone, target: Double, stretch: Double)] = [
        (.resnet18, 0.45, 0.40), (.wideResNet50, 0.62, 0.52), (.efficientNetLite0, 0.80, 0.72),
        (.efficientNetB5, 0.95, 0.80),
    ]
    private static let images = 8
    private static let heldTargets: [(backbone: Backbone, target: Double)] = [
        (.resnet18, 0.42), (.wideResNet50, 0.58), (.efficientNetLite0, 0.75), (.efficientNetB5, 0.75),
    ]

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

    /// The same, both sides held to AVX2 where the machine has more.
    static var heldComparisons: [Comparison] {
        guard InstructionSet.best > .avx2 else { return [] }
        return heldTargets.map { backbone, target in
            Comparison(
                name: "avx2-trunk-\(backbone.name)", title: "\(backbone.name) with AVX2 up to its last tap, 1 thread",
                unit: "ms/image", scale: 1e3, target: target
            ) { surroundings in
                let weights = try BackboneWeights(
                    SyntheticWeights(backbone), for: backbone, upTo: backbone.defaultLayers)
                return Measure(
                    ours: try ours(backbone, weights, side: 224, instructionSet: .avx2),
                    peers: try peers(backbone, surroundings, heldTo: .avx2))
            }
        }
    }

    static func ours(_ backbone: Backbone, side: Int = 224) throws -> Contestant {
        let weights = try BackboneWeights(SyntheticWeights(backbone), for: backbone, upTo: backbone.defaultLayers)
        return try ours(backbone, weights, side: side, instructionSet: .best)
    }

    /// Groups of four.
    static func ours(
        _ backbone: Backbone, _ weights: BackboneWeights, side: Int, instructionSet: InstructionSet,
        variant: IntegerVariant? = nil
    ) throws -> Contestant {
        let engine = try Engine(
            backbone: backbone, weights: weights, layers: backbone.defaultLayers, inputHeight: side, inputWidth: side,
            instructionSet: instructionSet, groupSize: 4, variant: variant)
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

    /// Both runtimes, each in a process of its own.
    /// - Parameters:
    ///   - options: of scripts/peers/trunks.py.
    ///   - set: the most that the processor seems to have to them; nil: all that it has.
    static func peers(
        _ backbone: Backbone, _ surroundings: Surroundings, _ options: [String] = [], heldTo set: InstructionSet? = nil
    ) throws -> [Contestant] {
        guard let python = surroundings.python else { return [] }
        let setting = try surroundings.environment(heldTo: set).map { "\($0)=\($1)" }
        return try ["onnxruntime", "openvino"].map { runtime in
            let peer = try PeerProcess(
                setting + [python, surroundings.peers + "/trunks.py", backbone.name, runtime, "--batch", "\(images)"]
                    + options)
            return Contestant(name: peer.name) { try peer.run() }
        }
    }
}
