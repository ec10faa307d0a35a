import Compute
import Foundation
import Settings
import Storage

/// A backbone's weights made into integers of eight bits: a file of weights that other programs of this project take as any other.
public struct Quantization: Sendable {
    /// The network whose weights these are.
    public let backbone: Backbone
    /// The taps that the file can give: all that the original has.
    public let layers: [String]
    private let original: BackboneWeights
    package let network: IntegerNetwork
    private let origin: Digest
    private let normalization: PixelNormalization?

    /// Finds the integers, which takes some seconds.
    /// - Parameters:
    ///   - source: the trained weights.
    ///   - digest: of their file.
    ///   - normalization: of the pixels, which is folded in; nil: the backbone's own.
    /// - Throws: `BackboneError`, what the source throws, `OutOfMemory`.
    public init(
        _ source: some WeightSource, digest: Digest, of backbone: Backbone, normalization: PixelNormalization? = nil
    ) throws {
        guard WeightForm(of: source) == .floats else { throw BackboneError.alreadyIntegers(source.origin) }
        let pixels = normalization.map(PixelScaling.init) ?? backbone.scaling
        guard IntegerNetwork.takes(pixels) else {
            throw BackboneError.cannotBeQuantized(
                "image", "the mean of its pixels must be of 0 to 1, and their deviation above 0")
        }
        let fit = backbone.fit(source, parameters: backbone.parameters)
        // A file that holds too little says what it lacks.
        let layers = fit.usableLayers.isEmpty ? backbone.layers : fit.usableLayers
        original = try BackboneWeights(source, for: backbone, upTo: layers)
        network = try IntegerQuantizer.network(
            backbone: backbone, weights: original, layers: layers,
            pixels: pixels)
        (self.backbone, self.layers, self.normalization) = (backbone, layers, normalization)
        origin = digest
    }

    /// The integers as weights, without a file.
    public var weights: BackboneWeights { BackboneWeights(network, of: backbone) }

    /// Writes the file, whole or not at all. The same weights give the same bytes on every machine whose C library has the same `exp`.
    /// - Throws: `StorageError`.
    public func write(to path: String) throws {
        try network.write(to: path, of: backbone, layers: layers, origin: origin)
    }

    /// How much of each layer is lost: the ratio of the power of its features to that of their change, in decibels, over the synthetic
    /// pictures that scales are found from. Infinite where nothing changes.
    /// - Throws: `OutOfMemory`.
    public func signalToNoise() throws -> [(layer: String, decibels: Double)] {
        func engine(_ weights: BackboneWeights) throws -> Engine {
            try Engine(
                backbone: backbone, weights: weights, layers: layers, inputHeight: SyntheticPictures.side,
                inputWidth: SyntheticPictures.side, normalization: normalization)
        }
        let (exact, rounded) = (try engine(original), try engine(weights))
        let (first, second) = (try exact.makeWorkspace(), try rounded.makeWorkspace())
        var powers = [(signal: Double, noise: Double)](repeating: (0, 0), count: layers.count)
        for picture in SyntheticPictures.all {
            try exact.run([.bytes(picture)], in: first)
            try rounded.run([.bytes(picture)], in: second)
            for tap in layers.indices {
                first.withTap(tap, image: 0) { expected in
                    second.withTap(tap, image: 0) { found in
                        expected.forEachPlace { y, x, channel in
                            let value = Double(expected[y, x, channel])
                            let change = Double(found[y, x, channel]) - value
                            powers[tap].signal += value * value
                            powers[tap].noise += change * change
                        }
                    }
                }
            }
        }
        return zip(layers, powers).map { ($0, $1.noise > 0 ? 10 * log10($1.signal / $1.noise) : .infinity) }
    }
}

extension TapView {
    fileprivate subscript(y: Int, x: Int, channel: Int) -> Float { pixels[y * rowStride + x * pixelStride + channel] }

    fileprivate func forEachPlace(_ body: (Int, Int, Int) -> Void) {
        for y in 0..<height {
            for x in 0..<width {
                for channel in 0..<channels { body(y, x, channel) }
            }
        }
    }
}
