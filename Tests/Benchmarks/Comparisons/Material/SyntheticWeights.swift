import Backbone
import Foundation
import Tensors

/// Random weights of a backbone, of the usual magnitudes: as much work as trained ones.
struct SyntheticWeights: WeightSource {
    let origin = "synthetic weights"
    private let parameters: [String: Parameter]

    init(_ backbone: Backbone) {
        parameters = Dictionary(backbone.parameters.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    var tensorNames: [String] { parameters.keys.sorted() }

    func shape(of tensor: String) -> [Int]? { parameters[tensor]?.shape }

    func floats(_ tensor: String) throws -> [Float] {
        guard let parameter = parameters[tensor] else { throw BenchmarkError("there is no tensor '\(tensor)'") }
        var random = SplitMix(seed: tensor.utf8.reduce(14_695_981_039) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 })
        let fanIn = parameter.shape.dropFirst().reduce(1, *)
        let range: ClosedRange<Float>
        if parameter.shape.count == 4 {
            let bound = (6 / Float(fanIn)).squareRoot()
            range = -bound...bound
        } else if tensor.hasSuffix("running_var") || tensor.hasSuffix(".weight") {
            range = 0.5...1.5
        } else {
            range = -0.1...0.1
        }
        return (0..<parameter.elementCount).map { _ in Float.random(in: range, using: &random) }
    }

    /// Writes them as a file, once.
    func write(to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let writer = try SafetensorsWriter(
            path: path,
            tensors: parameters.values.map { try TensorDescription(name: $0.name, type: .f32, shape: $0.shape) })
        for name in tensorNames {
            try floats(name).withUnsafeBytes { try writer.write($0, to: name) }
        }
        try writer.commit()
    }
}

/// Steele, Lea and Flood 2014: the same numbers every time.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
