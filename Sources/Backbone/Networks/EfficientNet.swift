// Tan and Le 2019 (arXiv 1905.11946), table 1: B5 is B0 widened by 1.6 and deepened by 2.2; Lite0 is B0 without
// squeeze-and-excitation and with ReLU6 (TensorFlow's efficientnet/lite). Tensor names are timm's.

extension Backbone {
    package static let efficientNetLite0 = Backbone(
        name: "efficientnet_lite0",
        graph: efficientNet(
            stemChannels: 32, activation: .relu6, squeezed: false, tapping: .blocks, stages: lite0Stages),
        defaultLayers: ["blocks.2", "blocks.4", "blocks.10"], defaultFeatures: 100,
        // Block 6 told defects better than block 10, and what lies behind it need not be computed.
        leanLayers: ["blocks.2", "blocks.4", "blocks.6"], leanFeatures: nil,
        scaling: PixelScaling(mean: [127, 127, 127], deviation: [128, 128, 128]),
        namings: [.canonical("timm"), .efficientNetLitePyTorch(lite0Stages)])

    package static let efficientNetB5 = Backbone(
        name: "tf_efficientnet_b5",
        graph: efficientNet(
            stemChannels: 48, activation: .swish, squeezed: true, tapping: .stages,
            stages: [
                EfficientNetStage(size: 3, stride: 1, expansion: 1, channels: 24, blocks: 3),
                EfficientNetStage(size: 3, stride: 2, expansion: 6, channels: 40, blocks: 5),
                EfficientNetStage(size: 5, stride: 2, expansion: 6, channels: 64, blocks: 5),
                EfficientNetStage(size: 3, stride: 2, expansion: 6, channels: 128, blocks: 7),
                EfficientNetStage(size: 5, stride: 1, expansion: 6, channels: 176, blocks: 7),
                EfficientNetStage(size: 5, stride: 2, expansion: 6, channels: 304, blocks: 9),
                EfficientNetStage(size: 3, stride: 1, expansion: 6, channels: 512, blocks: 3),
            ]),
        defaultLayers: ["blocks.1", "blocks.3", "blocks.4"], defaultFeatures: 200,
        leanLayers: ["blocks.1", "blocks.3", "blocks.4"], leanFeatures: nil,
        scaling: .imageNet, namings: [.canonical("timm")])

    private static let lite0Stages = [
        EfficientNetStage(size: 3, stride: 1, expansion: 1, channels: 16, blocks: 1),
        EfficientNetStage(size: 3, stride: 2, expansion: 6, channels: 24, blocks: 2),
        EfficientNetStage(size: 5, stride: 2, expansion: 6, channels: 40, blocks: 2),
        EfficientNetStage(size: 3, stride: 2, expansion: 6, channels: 80, blocks: 3),
        EfficientNetStage(size: 5, stride: 1, expansion: 6, channels: 112, blocks: 3),
        EfficientNetStage(size: 5, stride: 2, expansion: 6, channels: 192, blocks: 4),
        EfficientNetStage(size: 3, stride: 1, expansion: 6, channels: 320, blocks: 1),
    ]
}

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

private enum Tapping {
    /// Every block is a tap, numbered through the stages.
    case blocks
    /// The last block of every stage is a tap.
    case stages
}

private func efficientNet(
    stemChannels: Int, activation: ActivationFunction, squeezed: Bool, tapping: Tapping, stages: [EfficientNetStage]
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
