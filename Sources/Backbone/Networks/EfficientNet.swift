// Tan and Le 2019 (arXiv 1905.11946), table 1. Tensor names are timm's.

/// Blocks of one shape: 1 x 1 expansion, depthwise convolution, 1 x 1 projection.
struct EfficientNetStage {
    /// The depthwise kernel's side.
    let size: Int
    /// Of the first block.
    let stride: Int
    let expansion: Int
    let channels: Int
    let blocks: Int
}

enum EfficientNetTapping {
    /// Every block can be a tap. Blocks are counted from 0 on across all stages.
    case blocks
    /// The last block of every stage is a tap.
    case stages
}

func efficientNet(
    stemChannels: Int, activation: ActivationFunction, squeezed: Bool, tapping: EfficientNetTapping,
    stages: [EfficientNetStage]
) -> Graph {
    var graph = GraphBuilder(padding: { _ in .same })
    var x = graph.convolution(
        graph.image, "conv_stem", norm: "bn1", channels: stemChannels, size: 3, stride: 2, activation: activation)
    var channels = stemChannels
    var blocks = 0
    for (number, stage) in stages.enumerated() {
        for block in 0..<stage.blocks {
            x = graph.invertedResidual(
                x, stage, prefix: "blocks.\(number).\(block).", inputChannels: channels,
                stride: block == 0 ? stage.stride : 1, activation: activation, squeezed: squeezed)
            channels = stage.channels
            if tapping == .blocks { graph.tap(x, as: "blocks.\(blocks)") }
            blocks += 1
        }
        if tapping == .stages { graph.tap(x, as: "blocks.\(number)") }
    }
    return graph.graph(normEpsilon: 1e-3)
}

extension GraphBuilder {
    fileprivate mutating func invertedResidual(
        _ x: Int, _ stage: EfficientNetStage, prefix: String, inputChannels: Int, stride: Int,
        activation: ActivationFunction, squeezed: Bool
    ) -> Int {
        let expands = stage.expansion != 1
        let width = inputChannels * stage.expansion
        var y = x
        if expands {
            y = convolution(y, prefix: prefix, "conv_pw", norm: "bn1", channels: width, activation: activation)
        }
        y = convolution(
            y, prefix: prefix, "conv_dw", norm: expands ? "bn2" : "bn1", channels: width, size: stage.size,
            stride: stride, depthwise: true, activation: activation)
        let gate =
            squeezed ? gate(y, prefix: prefix, reducedChannels: max(1, inputChannels / 4)) : nil
        return convolution(
            y, prefix: prefix, expands ? "conv_pwl" : "conv_pw", norm: expands ? "bn3" : "bn2",
            channels: stage.channels, adding: stride == 1 && inputChannels == stage.channels ? x : nil, gatedBy: gate)
    }
}
