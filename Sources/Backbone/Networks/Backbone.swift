/// A network whose inner feature maps describe image patches.
public struct Backbone: Sendable {
    /// As users name it: `resnet18`.
    public let name: String
    package let graph: Graph
    /// The taps that PaDiM takes unless told otherwise.
    public let defaultLayers: [String]
    /// How many channels of the concatenated taps PaDiM keeps unless told otherwise.
    public let defaultFeatures: Int
    package let scaling: PixelScaling
    /// The conventions in which files of this network name its tensors; the first one is canonical.
    package let namings: [ParameterNaming]

    public static let all: [Backbone] = [.resnet18, .wideResNet50, .efficientNetLite0, .efficientNetB5]

    /// - Throws: `BackboneError.unknownBackbone`.
    public static func named(_ name: String) throws -> Backbone {
        guard let backbone = all.first(where: { $0.name == name }) else { throw BackboneError.unknownBackbone(name) }
        return backbone
    }

    /// Every layer that can be tapped, from the shallowest to the deepest.
    public var layers: [String] { graph.taps.map(\.layer) }

    /// Of red, green and blue, in units of 0...255: a pixel enters the network as (value - mean) / deviation.
    public var mean: [Float] { scaling.mean }
    public var deviation: [Float] { scaling.deviation }
}

package struct PixelScaling: Sendable {
    package let mean: [Float]
    package let deviation: [Float]

    /// The statistics of ImageNet's training images.
    package static let imageNet = PixelScaling(
        mean: [0.485 * 255, 0.456 * 255, 0.406 * 255], deviation: [0.229 * 255, 0.224 * 255, 0.225 * 255])
}
