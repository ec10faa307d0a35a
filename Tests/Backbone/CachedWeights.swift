import Backbone
import Foundation
import Tensors
import Testing

/// Temporary: until the checkpoint reader stands.
struct SafetensorsWeights: WeightSource {
    let file: SafetensorsFile
    var origin: String { file.path }
    var tensorNames: [String] { file.tensors.map(\.name) }
    func shape(of tensor: String) -> [Int]? { file[tensor]?.shape }
    func floats(_ tensor: String) throws -> [Float] { try file.floats(tensor) }
}

enum CachedWeights {
    static func efficientNetLite0() throws -> SafetensorsWeights {
        SafetensorsWeights(file: try SafetensorsFile(path: "/tmp/k/lite0.safetensors"))
    }
}
