import CKernels
import Compute

/// Makes the steps of a network of integers: its layout with its numbers.
struct IntegerCompiler {
    let layout: IntegerLayout
    let network: IntegerNetwork

    /// The plan that an engine runs.
    /// - Parameter variant: of the kernels; nil: the fastest that the instruction set allows here.
    static func plan(
        backbone: Backbone, network: IntegerNetwork, layers: [String], inputHeight: Int, inputWidth: Int,
        instructionSet: InstructionSet, variant: IntegerVariant?, groupSize: Int
    ) throws -> Plan {
        let layout = try IntegerLayout(
            backbone: backbone, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth,
            variant: variant ?? integer_variant(instructionSet.code), groupSize: groupSize)
        let compiler = IntegerCompiler(layout: layout, network: network)
        return Plan(
            steps: try layout.operations.map { try compiler.step($0) }, groupedFrom: layout.groupedFrom,
            groupSize: groupSize, taps: layout.taps, memory: layout.memory, instructionSet: instructionSet,
            isInteger: true)
    }

    /// Checks that a plan can be made, without packing any weights.
    /// - Throws: what `plan` throws of the network and of the input's size.
    static func check(
        backbone: Backbone, network: IntegerNetwork, layers: [String], inputHeight: Int, inputWidth: Int
    ) throws {
        let layout = try IntegerLayout(
            backbone: backbone, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth,
            variant: IntegerBaseline, groupSize: 1)
        let compiler = IntegerCompiler(layout: layout, network: network)
        for operation in layout.operations {
            switch operation {
            case .convolution(let layer): try compiler.check(layer)
            case .invertedResidual(let layers, _): for layer in layers { try compiler.check(layer) }
            case .gate(let input, _, _): _ = try compiler.zero(input)
            case .pixels, .maxPool, .means: break
            }
        }
    }

    private func check(_ layer: IntegerLayout.Layer) throws {
        let numbers = try network.convolution(layer.name)
        _ = try IntegerArithmetic(layer, numbers, in: network, writesMap: true)
        _ = try table(layer, numbers)
    }

    func step(_ operation: IntegerLayout.Operation) throws -> any Step {
        let variant = layout.variant
        switch operation {
        case .pixels(let output):
            return IntegerPixelsStep(output: output.map, variant: variant, border: try border(output))
        case .convolution(let layer): return try convolution(layer, writesMap: true)
        case .invertedResidual(let layers, let scratch):
            return IntegerInvertedResidualStep(
                expand: try convolution(layers[0], writesMap: true),
                depthwise: try convolution(layers[1], writesMap: true),
                project: try layers.dropFirst(2).first.map { try convolution($0, writesMap: true) }, scratch: scratch)
        case .maxPool(let input, let output):
            return IntegerMaxPoolStep(
                layer: input.layer ?? "", input: input.map, output: output.map, variant: variant,
                border: try border(output))
        case .means(let input, let output, let scratch):
            return IntegerMeansStep(
                layer: input.layer ?? "", input: input.map, output: output.map, scratch: scratch, variant: variant)
        case .gate(let input, let factors, let output):
            return IntegerGateStep(
                layer: input.layer ?? "", input: input.map, factors: factors.map, output: output.map,
                zero: try zero(input), variant: variant)
        }
    }

    /// - Parameter writesMap: the scale of its map is known, and elements are made; else values alone.
    func convolution(_ layer: IntegerLayout.Layer, writesMap: Bool) throws -> IntegerConvolutionStep {
        let numbers = try network.convolution(layer.name)
        let arithmetic = try IntegerArithmetic(layer, numbers, in: network, writesMap: writesMap)
        let shape = layout.shape
        let size = layer.window.size
        let winograd = layer.winograd.flatMap { scratch in
            PackedIntegers.winogradGroups(numbers.weights, inputs: layer.inputs, outputs: layer.outputs).map {
                IntegerConvolutionStep.Winograd(scratch: scratch, groups: $0)
            }
        }
        let packed =
            if layer.isDepthwise {
                try PackedIntegers.depthwise(
                    numbers.weights, size: size, outputs: arithmetic.outputs, variant: layout.variant, shape: shape)
            } else if winograd != nil {
                try PackedIntegers.winograd(
                    numbers.weights, inputs: layer.inputs, outputs: arithmetic.outputs, shape: shape)
            } else {
                try PackedIntegers.dense(
                    numbers.weights, size: size, inputs: layer.inputs, pixelStep: layer.input.map.pixelStep,
                    outputs: arithmetic.outputs, variant: layout.variant, shape: shape)
            }
        return IntegerConvolutionStep(
            plan: layer, variant: layout.variant, shape: shape, weights: packed, winograd: winograd,
            scales: arithmetic.scales,
            map: writesMap ? layer.output.map : nil, table: writesMap ? try table(layer, numbers) : nil,
            border: writesMap && layer.output.map.border != .none ? try border(layer.output) : [0])
    }

    private func table(_ layer: IntegerLayout.Layer, _ numbers: IntegerNetwork.Convolution) throws -> PackedTable? {
        guard layer.activation.isTabulated else { return nil }
        guard let table = numbers.table else {
            throw BackboneError.weightsMissing(tensor: layer.name + ".table", backbone: "the integer network")
        }
        return try PackedTable(table.entries)
    }

    private func zero(_ map: IntegerLayout.Map) throws -> UInt8 {
        guard let layer = map.layer else { return 0 }
        return try network.output(of: layer).zero
    }

    /// The words of a pixel outside of a map: its zero points.
    private func border(_ map: IntegerLayout.Map) throws -> [UInt32] {
        let elements = layout.shape.elements
        func word(_ numbers: [UInt8]) -> UInt32 {
            numbers.reversed().reduce(0) { $0 << (32 / elements) | UInt32($1) }
        }
        guard map.layer == nil else { return [word(Array(repeating: try zero(map), count: elements))] }
        let pixel = network.pixelZeros + [0]
        return stride(from: 0, to: 4, by: elements).map { word(Array(pixel[$0..<$0 + elements])) }
    }
}

/// What is computed from a layer's scales before any image comes.
struct IntegerArithmetic {
    let outputs: [PackedIntegers.Output]
    let scales: IntegerOutputScales

    init(
        _ layer: IntegerLayout.Layer, _ numbers: IntegerNetwork.Convolution, in network: IntegerNetwork, writesMap: Bool
    ) throws {
        let inputScale = Double(try network.scale(of: layer.input.layer))
        let perOutput = numbers.weights.count / layer.outputs
        // Of each input channel of the image, else one for all.
        let zeros: [UInt8]
        if let source = layer.input.layer {
            zeros = [try network.output(of: source).zero]
        } else {
            zeros = network.pixelZeros
        }
        let target = layer.activation.isTabulated ? numbers.table?.input : numbers.output
        guard let target = writesMap ? target : IntegerNetwork.MapScale(scale: 1, zero: 0) else {
            throw BackboneError.weightsMissing(tensor: layer.name + ".scale", backbone: "the integer network")
        }
        guard !layer.activation.isClampedBelow || target.zero == 0 else {
            throw BackboneError.unusableIntegers(layer.name, "its zero point is \(target.zero), and not 0 behind ReLU")
        }
        let taps = layer.window.size * layer.window.size
        outputs = try (0..<layer.outputs).map { output in
            // What the zero points contribute to the sum of products, and the largest sum that can come.
            var (offset, largest) = (0, 0)
            for input in 0..<perOutput / taps {
                let first = output * perOutput + input * taps
                let own = numbers.weights[first..<first + taps]
                offset += Int(zeros.count == 1 ? zeros[0] : zeros[input]) * own.reduce(0) { $0 + Int($1) }
                largest += 255 * own.reduce(0) { $0 + abs(Int($1)) }
            }
            guard abs(Int(numbers.bias[output])) + largest + abs(offset) <= Int(Int32.max) else {
                throw BackboneError.unusableIntegers(layer.name, "its sums do not fit in 32 bits")
            }
            let unit = inputScale * Double(numbers.weightScales[output])
            let multiplier = Float(unit / Double(target.scale))
            guard !writesMap || multiplier <= 0.5 else {
                throw BackboneError.unusableIntegers(
                    layer.name, "its scale is \(target.scale), finer than two units of its sums (\(unit))")
            }
            return PackedIntegers.Output(
                bias: numbers.bias[output] - Int32(offset), multiplier: multiplier, unitMultiplier: Float(unit))
        }
        scales = try Self.scales(layer, writesMap ? target : nil, in: network)
    }

    private static func scales(
        _ layer: IntegerLayout.Layer, _ target: IntegerNetwork.MapScale?, in network: IntegerNetwork
    ) throws -> IntegerOutputScales {
        var scales = IntegerOutputScales()
        scales.zero = target.map { Int32($0.zero) } ?? 0
        if let shortcut = layer.shortcut?.layer {
            let added = try network.output(of: shortcut)
            scales.residualZero = Int32(added.zero)
            scales.residualUnit = added.scale
        }
        if let shortcut = layer.shortcut?.layer, let target {
            let added = try network.output(of: shortcut)
            scales.residualMultiplier = Float(Double(added.scale) / Double(target.scale))
            guard scales.residualMultiplier <= 256 else {
                throw BackboneError.unusableIntegers(
                    layer.name, "its scale is \(target.scale), finer than 1/256 of its shortcut's (\(added.scale))")
            }
        }
        switch layer.activation {
        case .relu: scales.valuesLow = 0
        case .relu6:
            (scales.valuesLow, scales.valuesHigh) = (0, 6)
            if let target { scales.high = Int32(min((6 / Double(target.scale)).rounded(.toNearestOrEven), 255)) }
        case .none, .swish, .sigmoid: break
        }
        return scales
    }
}
