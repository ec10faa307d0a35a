import Settings

/// A network whose inner feature maps describe image patches.
public struct Backbone: Sendable {
    /// As users name it: `resnet18`.
    public let name: String
    package let graph: Graph
    /// The taps that PaDiM takes unless told otherwise.
    public let defaultLayers: [String]
    /// How many channels of the concatenated taps PaDiM keeps unless told otherwise.
    public let defaultFeatures: Int
    /// The taps of the recipe `lean`.
    public let leanLayers: [String]
    /// How many channels of these that recipe keeps; nil: all.
    public let leanFeatures: Int?
    package let scaling: PixelScaling
    /// The conventions in which files of this network name its tensors; the first one is canonical.
    package let namings: [ParameterNaming]

    /// Every backbone that this release knows.
    public static let all: [Backbone] = residualNetworks + efficientNetLites + efficientNets

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

/// Mean and deviation of red, green and blue, in units of 0...255.
package struct PixelScaling: Equatable, Sendable {
    package let mean: [Float]
    package let deviation: [Float]

    package static let imageNet = PixelScaling(.imageNet)

    package init(mean: [Float], deviation: [Float]) { (self.mean, self.deviation) = (mean, deviation) }

    /// - Parameter normalization: in units in which white is 1; three numbers each.
    package init(_ normalization: PixelNormalization) {
        mean = normalization.mean.map { Float($0) * 255 }
        deviation = normalization.deviation.map { Float($0) * 255 }
    }
}
