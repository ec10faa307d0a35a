import CKernels

/// A convolution, the depthwise one of its output and perhaps the 1 x 1 convolution of that, without the maps between.
struct InvertedResidualStep: Step {
    let expand: ConvolutionStep
    let depthwise: DepthwiseStep
    /// Nil where a gate stands before it.
    let project: ConvolutionStep?
    let vectorsPerPass: Int
    let ring: Area
    /// Rows of the depthwise convolution's output; used with `project`.
    let rows: Area

    var output: FeatureMap { project?.output ?? depthwise.output }

    var layer: String { Self.layerNames(parts) }

    var kernel: String { "rows of " + parts.map(\.kernel).joined(separator: ", ") }

    private var parts: [any Step] { [expand, depthwise] + [project].compactMap(\.self) }

    var operations: Int { parts.reduce(0) { $0 + $1.operations } }

    func run(_ execution: Execution) {
        execution.clearBorder(output)
        let border = expand.output.border
        var call = InvertedResidual(
            expand: expand.call(execution, joinsRows: false), depthwise: depthwise.call(execution),
            top: depthwise.padding.top, left: border.left, right: border.right, ring: execution.address(ring),
            vectors_per_pass: vectorsPerPass, rows: nil, project: Convolution())
        if let project {
            call.rows = execution.address(rows)
            call.project = project.call(execution, joinsRows: false)
            call.project.input_pixel_step = depthwise.output.pixelStep
            call.depthwise.output_pixel_step = depthwise.output.pixelStep
        }
        convolve_inverted_residual(execution.set, &call)
    }
}

extension Step {
    /// The name of the first layer, and those of the others without what all have in common.
    static func layerNames(_ parts: [any Step]) -> String {
        let first = parts.first?.layer ?? ""
        let block = first.lastIndex(of: ".").map { String(first[...$0]) } ?? ""
        return parts.map(\.layer).enumerated().map { number, name in
            number > 0 && name.hasPrefix(block) ? String(name.dropFirst(block.count)) : name
        }.joined(separator: "+")
    }
}
