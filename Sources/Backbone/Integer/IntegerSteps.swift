import CKernels

/// A convolution of integers.
struct IntegerConvolutionStep: Step {
    struct Winograd {
        let scratch: IntegerLayout.Winograd
        /// Of input channels.
        let groups: Int
    }

    let plan: IntegerLayout.Layer
    let variant: IntegerVariant
    let shape: IntegerShape
    let weights: PackedIntegers
    /// Not nil: the weights are those of transformed tiles.
    let winograd: Winograd?
    let scales: IntegerOutputScales
    /// Where elements go: nil while scales are looked for.
    let map: FeatureMap?
    /// What each of 256 elements becomes in the end; nil: what it is.
    let table: PackedTable?
    let border: [UInt32]

    var layer: String { plan.name }
    var kernel: String {
        let size = "\(plan.window.size)x\(plan.window.size)"
        if winograd != nil { return "integer winograd 4x4,\(size)" }
        return (plan.isDepthwise ? "integer depthwise " : "integer ") + size
    }
    var output: FeatureMap { plan.output.map }

    var operations: Int {
        let shape = output.shape
        return 2 * shape.height * shape.width * plan.outputs * plan.inputs * plan.window.size * plan.window.size
    }

    func run(_ execution: Execution) {
        fillBorder(execution)
        if plan.isDepthwise {
            var call = depthwise(execution)
            integer_convolve_depthwise(variant, &call)
        } else if let winograd {
            var call = winogradCall(execution, winograd)
            integer_convolve_winograd(variant, &call)
        } else {
            var call = dense(execution, rowsJoined: rowsJoined)
            integer_convolve(variant, &call)
        }
    }

    func fillBorder(_ execution: Execution) {
        if let map { execution.fillBorder(map, with: border) }
    }

    /// Where the first output's window begins.
    private func source(_ execution: Execution) -> UnsafeMutablePointer<UInt32> {
        let input = plan.input.map
        return execution.words(input) - plan.padding.top * input.rowStep - plan.padding.left * input.pixelStep
    }

    func depthwise(_ execution: Execution) -> IntegerDepthwise {
        let input = plan.input.map
        return IntegerDepthwise(
            input: source(execution), input_pixel_step: input.pixelStep, input_row_step: input.rowStep,
            input_image_step: input.imageStep, kernel: plan.window.size, stride: plan.window.stride,
            weights: weights.weights, bias: weights.bias, images: execution.images.count,
            rows: output.shape.height, columns: output.shape.width, blocks: weights.count,
            output: outputs(execution, joined: 1))
    }

    private func winogradCall(_ execution: Execution, _ winograd: Winograd) -> IntegerWinograd {
        let input = plan.input.map
        return IntegerWinograd(
            input: source(execution), input_pixel_step: input.pixelStep, input_row_step: input.rowStep,
            input_image_step: input.imageStep, input_channels: plan.inputs, groups: winograd.groups,
            weights: weights.weights, bias: weights.bias, images: execution.images.count, rows: output.shape.height,
            columns: output.shape.width, vectors: weights.count, tiles_per_block: winograd.scratch.tilesPerBlock,
            transformed: execution.words(winograd.scratch.transformed),
            products: UnsafeMutableRawPointer(execution.words(winograd.scratch.products))
                .assumingMemoryBound(to: Int32.self),
            output: outputs(execution, joined: 1))
    }

    func dense(_ execution: Execution, rowsJoined joined: Int) -> CKernels.IntegerConvolution {
        let input = plan.input.map
        let size = plan.window.size
        let inputRow = plan.window.stride * input.rowStep * joined
        return CKernels.IntegerConvolution(
            input: source(execution), input_pixel_step: plan.window.stride * input.pixelStep, input_row_step: inputRow,
            input_image_step: input.imageStep, segments: size, segment_step: input.rowStep,
            segment_length: size == 1 ? plan.inputs.vectors(of: shape.elements) : size * input.pixelStep,
            weights: weights.weights, bias: weights.bias, images: execution.images.count,
            rows: output.shape.height / joined, columns: output.shape.width * joined, vectors: weights.count,
            rows_per_block: max(1, Self.cachedWords / inputRow), output: outputs(execution, joined: joined))
    }

    private func outputs(_ execution: Execution, joined: Int) -> IntegerOutput {
        let residual = plan.shortcut?.map
        let values = plan.values
        return IntegerOutput(
            multipliers: weights.multipliers, unit_multipliers: weights.unitMultipliers,
            residual: residual.map { UnsafePointer(execution.words($0)) },
            residual_pixel_step: residual?.pixelStep ?? 0, residual_row_step: (residual?.rowStep ?? 0) * joined,
            residual_image_step: residual?.imageStep ?? 0, residual_zero: scales.residualZero,
            residual_multiplier: scales.residualMultiplier, residual_unit: scales.residualUnit,
            map: map.map { execution.words($0) }, map_pixel_step: output.pixelStep,
            map_row_step: output.rowStep * joined, map_image_step: output.imageStep, zero: scales.zero,
            high: scales.high, table: table?.entries, values: values.map { execution.address($0) },
            values_pixel_step: values?.pixelStep ?? 0,
            values_row_step: (values?.rowStep ?? 0) * joined, values_image_step: values?.imageStep ?? 0,
            values_low: scales.valuesLow, values_high: scales.valuesHigh)
    }

    /// How much input should stay in the second-level cache while all panels of weights pass over it.
    private static let cachedWords = 64 << 10
    private static let longestRow = 224

    /// Where no map has a border, several rows are one longer row, which cuts into blocks of pixels with less waste.
    private var rowsJoined: Int {
        guard plan.window.size == 1, plan.window.stride == 1, plan.input.map.border == .none, output.border == .none,
            plan.shortcut.map({ $0.map.border == .none }) ?? true
        else { return 1 }
        let most = max(1, Self.longestRow / output.shape.width)
        return (1...most).last { output.shape.height.isMultiple(of: $0) } ?? 1
    }
}

/// A convolution, the depthwise one of its output and perhaps the 1 x 1 convolution of that, without the maps between.
struct IntegerInvertedResidualStep: Step {
    let expand: IntegerConvolutionStep
    let depthwise: IntegerConvolutionStep
    /// Nil where a gate stands before it.
    let project: IntegerConvolutionStep?
    let scratch: IntegerLayout.InvertedResidual

    var output: FeatureMap { project?.output ?? depthwise.output }
    var layer: String { Self.layerNames(parts) }
    var kernel: String { "rows of " + parts.map(\.kernel).joined(separator: ", ") }
    var operations: Int { parts.reduce(0) { $0 + $1.operations } }

    private var parts: [any Step] { [expand, depthwise] + [project].compactMap(\.self) }

    func run(_ execution: Execution) {
        (project ?? depthwise).fillBorder(execution)
        let border = expand.output.border
        var call = IntegerInvertedResidual(
            expand: expand.dense(execution, rowsJoined: 1), depthwise: depthwise.depthwise(execution),
            top: depthwise.plan.padding.top, left: border.left, right: border.right,
            outside: expand.border.first ?? 0, ring: execution.words(scratch.ring), row: nil,
            project: CKernels.IntegerConvolution())
        if let project {
            call.row = execution.words(scratch.row)
            call.project = project.dense(execution, rowsJoined: 1)
        }
        integer_convolve_inverted_residual(expand.variant, &call)
    }
}

/// The numbers of a layer's output that are the same for all channels.
struct IntegerOutputScales {
    var zero: Int32 = 0
    var high: Int32 = 255
    var residualZero: Int32 = 0
    var residualMultiplier: Float = 0
    var residualUnit: Float = 0
    var valuesLow = -Float.infinity
    var valuesHigh = Float.infinity
}

/// The image's pixels as words.
struct IntegerPixelsStep: Step {
    let layer = "image"
    let kernel = "integer pixels"
    let output: FeatureMap
    let variant: IntegerVariant
    let border: [UInt32]

    var operations: Int { 0 }

    func run(_ execution: Execution) {
        guard case .bytes(let pixels) = execution.pixels else { return }
        execution.fillBorder(output, with: border)
        var map = execution.integerMap(output)
        integer_pixels(variant, pixels, &map)
    }
}

/// The maximum of 3 x 3 windows with stride 2.
struct IntegerMaxPoolStep: Step {
    let layer: String
    let kernel = "integer max pool"
    let input: FeatureMap
    let output: FeatureMap
    let variant: IntegerVariant
    let border: [UInt32]

    var operations: Int { 9 * output.shape.height * output.shape.width * output.shape.channels }

    func run(_ execution: Execution) {
        execution.fillBorder(output, with: border)
        for image in 0..<execution.images.count {
            var source = execution.integerMap(input, image: image)
            source.inside -= input.rowStep + input.pixelStep
            var map = execution.integerMap(output, image: image)
            // Both have the same channels; one of them may have more room for each pixel.
            source.words = min(source.words, map.words)
            map.words = source.words
            integer_max_pool(variant, &source, &map)
        }
    }
}

/// The mean of each channel.
struct IntegerMeansStep: Step {
    let layer: String
    let kernel = "integer means"
    let input: FeatureMap
    let output: FeatureMap
    let scratch: Area
    let variant: IntegerVariant

    var operations: Int { input.shape.height * input.shape.width * input.shape.channels }

    func run(_ execution: Execution) {
        for image in 0..<execution.images.count {
            var map = execution.integerMap(input, image: image)
            integer_means(
                variant, &map, execution.words(output) + image * output.imageStep, execution.words(scratch))
        }
    }
}

/// Each number multiplied by its channel's factor.
struct IntegerGateStep: Step {
    let layer: String
    let kernel = "integer gate"
    let input: FeatureMap
    let factors: FeatureMap
    let output: FeatureMap
    let zero: UInt8
    let variant: IntegerVariant

    var operations: Int { 2 * output.shape.height * output.shape.width * output.shape.channels }

    func run(_ execution: Execution) {
        for image in 0..<execution.images.count {
            var source = execution.integerMap(input, image: image)
            var map = execution.integerMap(output, image: image)
            integer_gate(
                variant, &source, execution.words(factors) + image * factors.imageStep, Int32(zero), &map)
        }
    }
}

extension Execution {
    /// The first inside pixel of a map of integers for the first image.
    func words(_ map: FeatureMap) -> UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(address(map)).assumingMemoryBound(to: UInt32.self)
    }

    func words(_ area: Area) -> UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(address(area)).assumingMemoryBound(to: UInt32.self)
    }

    func integerMap(_ map: FeatureMap, image: Int = 0) -> IntegerMap {
        IntegerMap(
            inside: words(map) + image * map.imageStep, pixel_step: map.pixelStep, row_step: map.rowStep,
            rows: map.shape.height, columns: map.shape.width, words: map.pixelStep)
    }

    /// Fills a map's border with the words of a pixel, for its memory may have held another map.
    func fillBorder(_ map: FeatureMap, with pixel: [UInt32]) {
        guard map.border != .none else { return }
        for image in 0..<images.count {
            var inside = integerMap(map, image: image)
            integer_fill_border(
                &inside, map.border.top, map.border.left, map.border.bottom, map.border.right, pixel, pixel.count)
        }
    }
}
