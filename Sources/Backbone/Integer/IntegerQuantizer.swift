import CKernels
import Compute
import Tensors

/// Finds a network's integers and their scales: layer by layer, each with what comes before it in integers already, so that the
/// result depends on the weights alone, and on no instruction set.
package struct IntegerQuantizer {
    private let layout: IntegerLayout
    private let backbone: Backbone
    private let weights: BackboneWeights
    private var network: IntegerNetwork
    private let pictures = SyntheticPictures.all

    /// - Parameters:
    ///   - weights: as they were trained, up to `layers`.
    ///   - pixels: the normalisation that is folded in.
    /// - Throws: `BackboneError`, `OutOfMemory`.
    package static func network(
        backbone: Backbone, weights: BackboneWeights, layers: [String], pixels: PixelScaling,
        variant: IntegerVariant = integer_variant(InstructionSet.best.code)
    ) throws -> IntegerNetwork {
        guard weights.integers == nil else { throw BackboneError.alreadyIntegers("the file of weights") }
        var quantizer = try IntegerQuantizer(
            layout: IntegerLayout(
                backbone: backbone, layers: layers, inputHeight: SyntheticPictures.side,
                inputWidth: SyntheticPictures.side, variant: variant, groupSize: 8, keepsAllValues: true),
            backbone: backbone, weights: weights, network: IntegerNetwork(pixels: pixels))
        try quantizer.run()
        return quantizer.network
    }

    private init(layout: IntegerLayout, backbone: Backbone, weights: BackboneWeights, network: IntegerNetwork) {
        (self.layout, self.backbone, self.weights, self.network) = (layout, backbone, weights, network)
    }

    private mutating func run() throws {
        let workspace = try AlignedBuffer<Float>(zeros: layout.memory.floats)
        let memory = workspace.pointer
        let all = execution(memory, 0..<pictures.count, nil)
        for operation in layout.operations {
            switch operation {
            case .pixels:
                let step = try compiler.step(operation)
                for (number, picture) in pictures.enumerated() {
                    picture.withUnsafeBufferPointer {
                        step.run(execution(memory, number..<number + 1, $0.baseAddress.map { .bytes($0) }))
                    }
                }
            case .convolution(let layer):
                network.convolutions[layer.name] = try IntegerNetwork.Convolution(
                    folded(layer), inputScale: network.scale(of: layer.input.layer))
                try check(layer)
                let step = try compiler.convolution(layer, writesMap: false)
                step.run(all)
                try setScale(of: layer, range: range(layer, all), unit: step.weights.largestUnit)
                try compiler.convolution(layer, writesMap: true).run(all)
            case .invertedResidual, .maxPool, .means, .gate: try compiler.step(operation).run(all)
            }
        }
        withExtendedLifetime(workspace) {}
    }

    private var compiler: IntegerCompiler { IntegerCompiler(layout: layout, network: network) }

    private func execution(
        _ memory: UnsafeMutablePointer<Float>, _ images: Range<Int>, _ pixels: InputPointer?
    ) -> Execution {
        Execution(
            workspace: memory, offsets: layout.memory.offsets, images: images, pixels: pixels,
            set: InstructionSetBaseline)
    }

    private func folded(_ layer: IntegerLayout.Layer) throws -> FoldedConvolution {
        guard let convolution = layer.convolution else {
            return try FoldedConvolution(layer.name, inputs: layer.inputs, outputs: layer.outputs, from: weights)
        }
        let folded = try FoldedConvolution(
            convolution, inputs: layer.inputs, epsilon: backbone.graph.normEpsilon, from: weights)
        return layer.input.layer == nil ? folded.takingPixels(network.pixels, zeros: network.pixelZeros) : folded
    }

    private mutating func setScale(of layer: IntegerLayout.Layer, range: ClosedRange<Float>, unit: Float) throws {
        // Else a scale is no number, and the numbers of a table are none.
        guard range.lowerBound.isFinite, range.upperBound.isFinite else {
            throw BackboneError.cannotBeQuantized(layer.name, "its values are beyond what Float32 holds")
        }
        let shortcut = try layer.shortcut.map { try network.scale(of: $0.layer) } ?? 0
        let scale = layer.activation.scale(range, least: max(2 * Double(unit), Double(shortcut) / 256))
        guard IntegerNetwork.scales.contains(scale.scale) else {
            throw BackboneError.cannotBeQuantized(layer.name, "its scale would be \(scale.scale)")
        }
        if layer.activation.isTabulated {
            let (table, output) = layer.activation.table(scale)
            network.convolutions[layer.name]?.table = table
            network.convolutions[layer.name]?.output = output
        } else {
            network.convolutions[layer.name]?.output = scale
        }
        try check(layer)
    }

    /// Numbers that a file could not have are the weights' fault here.
    private func check(_ layer: IntegerLayout.Layer) throws {
        do {
            try network.check(layer.name)
        } catch BackboneError.unusableIntegers(let name, let reason) {
            throw BackboneError.cannotBeQuantized(name, reason)
        }
    }

    /// The least and the largest value that a layer has on the pictures; 0 counts as well.
    private func range(_ layer: IntegerLayout.Layer, _ execution: Execution) -> ClosedRange<Float> {
        guard let values = layer.values else { return 0...0 }
        var range: ClosedRange<Float> = 0...0
        for image in 0..<pictures.count {
            let floats = UnsafeBufferPointer(
                start: execution.address(values) + image * values.imageStep,
                count: values.shape.height * values.rowStep)
            // Channels that do not exist are nought.
            range = floats.reduce(range) { min($0.lowerBound, $1)...max($0.upperBound, $1) }
        }
        return range
    }
}

extension PackedIntegers {
    /// The largest of what a sum's unit stands for.
    var largestUnit: Float {
        UnsafeBufferPointer(start: unitMultipliers, count: channels).max() ?? 0
    }
}
