import Backbone
import CKernels
import Compute
import Storage

/// The backbones in eight bits up to their last tap, one thread, 224 x 224, beside both runtimes' eight-bit graphs, each by its own quantiser.
enum IntegerTrunks {
    private static let backbones: [Backbone] = [.resnet18, .wideResNet50, .efficientNetLite0, .efficientNetB5]

    /// With the best instructions that each side finds on this machine.
    static var comparisons: [Comparison] { backbones.map { comparison($0, heldTo: nil) } }

    /// The same, both sides held to a set that is less than the machine has.
    static var heldComparisons: [Comparison] {
        let sets: [InstructionSet] = (Machine.hasAMX ? [.avx512] : []) + (InstructionSet.best > .avx2 ? [.avx2] : [])
        return sets.flatMap { set in backbones.map { comparison($0, heldTo: set) } }
    }

    private static func target(_ backbone: Backbone, heldTo set: InstructionSet?) -> Double {
        let small = backbone.name == Backbone.resnet18.name || backbone.name == Backbone.efficientNetLite0.name
        return (set ?? .best) >= .avx512 ? (small ? 0.80 : 0.85) : (small ? 0.75 : 0.80)
    }

    private static func comparison(_ backbone: Backbone, heldTo set: InstructionSet?) -> Comparison {
        Comparison(
            name: (["int8"] + (set.map { [$0.rawValue] } ?? []) + [backbone.name]).joined(separator: "-"),
            title: "\(backbone.name) in eight bits\(set.map { " with \($0)" } ?? "") up to its last tap, 1 thread",
            unit: "ms/image", scale: 1e3, target: target(backbone, heldTo: set)
        ) { surroundings in
            let options = [
                "--precision", "int8", "--photographs", surroundings.photographs, "--cache",
                surroundings.cache + "/int8",
            ]
            let quantization = try Quantization(SyntheticWeights(backbone), digest: Digest(of: []), of: backbone)
            return Measure(
                // AMX is no set of its own here: who is held to AVX-512 has VNNI at most.
                ours: try Trunks.ours(
                    backbone, quantization.weights, side: 224, instructionSet: set ?? .best,
                    variant: set == .avx512 ? IntegerVNNI : nil),
                peers: try Trunks.peers(backbone, surroundings, options, heldTo: set))
        }
    }
}
