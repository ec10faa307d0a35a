// He et al. 2016 (arXiv 1512.03385), table 1; Zagoruyko and Komodakis 2016 (arXiv 1605.07146) for the wide one.
// Tensor names are torchvision's, which timm shares.

extension Backbone {
    package static let resnet18 = Backbone(
        name: "resnet18",
        graph: residualNetwork(stages: [
            ResidualStage(layer: "layer1", block: .basic, channels: 64, blocks: 2, stride: 1),
            ResidualStage(layer: "layer2", block: .basic, channels: 128, blocks: 2, stride: 2),
            ResidualStage(layer: "layer3", block: .basic, channels: 256, blocks: 2, stride: 2),
            ResidualStage(layer: "layer4", block: .basic, channels: 512, blocks: 2, stride: 2),
        ]),
        defaultLayers: ["layer1", "layer2", "layer3"], defaultFeatures: 100,
        leanLayers: ["layer1", "layer2", "layer3"], leanFeatures: nil,
        scaling: .imageNet, namings: [.canonical("torchvision and timm")])

    package static let wideResNet50 = Backbone(
        name: "wide_resnet50_2",
        graph: residualNetwork(stages: [
            ResidualStage(layer: "layer1", block: .bottleneck(width: 128), channels: 256, blocks: 3, stride: 1),
            ResidualStage(layer: "layer2", block: .bottleneck(width: 256), channels: 512, blocks: 4, stride: 2),
            ResidualStage(layer: "layer3", block: .bottleneck(width: 512), channels: 1024, blocks: 6, stride: 2),
            ResidualStage(layer: "layer4", block: .bottleneck(width: 1024), channels: 2048, blocks: 3, stride: 2),
        ]),
        defaultLayers: ["layer1", "layer2", "layer3"], defaultFeatures: 550,
        // All 1,792 would take ten times the memory.
        leanLayers: ["layer1", "layer2", "layer3"], leanFeatures: 550,
        scaling: .imageNet, namings: [.canonical("torchvision and timm")])
}

struct ResidualStage {
    enum Block {
        /// Two 3 x 3 convolutions.
        case basic
        /// 1 x 1 down to `width` channels, 3 x 3, 1 x 1 up again.
        case bottleneck(width: Int)
    }

    let layer: String
    let block: Block
    let channels: Int
    let blocks: Int
    /// Of the first block.
    let stride: Int
}

private func residualNetwork(stages: [ResidualStage]) -> Graph {
    var graph = GraphBuilder(padding: { .symmetric(($0 - 1) / 2) })
    var x = graph.stem("conv1", norm: "bn1", channels: 64)
    var channels = 64
    for stage in stages {
        for block in 0..<stage.blocks {
            let stride = block == 0 ? stage.stride : 1
            x = graph.residualBlock(
                x, stage, prefix: "\(stage.layer).\(block).", stride: stride,
                projected: stride != 1 || channels != stage.channels)
            channels = stage.channels
        }
        graph.tap(x, as: stage.layer)
    }
    return graph.graph(normEpsilon: 1e-5)
}

extension GraphBuilder {
    /// - Parameter projected: the shortcut is a 1 x 1 convolution, since the block changes the map's shape.
    fileprivate mutating func residualBlock(
        _ x: Int, _ stage: ResidualStage, prefix: String, stride: Int, projected: Bool
    ) -> Int {
        let shortcut =
            projected
            ? convolution(
                x, prefix: prefix, "downsample.0", norm: "downsample.1", channels: stage.channels, stride: stride) : x
        var y = x
        switch stage.block {
        case .basic:
            y = convolution(
                y, prefix: prefix, "conv1", norm: "bn1", channels: stage.channels, size: 3, stride: stride,
                activation: .relu)
            return convolution(
                y, prefix: prefix, "conv2", norm: "bn2", channels: stage.channels, size: 3, activation: .relu,
                adding: shortcut)
        case .bottleneck(let width):
            y = convolution(y, prefix: prefix, "conv1", norm: "bn1", channels: width, activation: .relu)
            y = convolution(
                y, prefix: prefix, "conv2", norm: "bn2", channels: width, size: 3, stride: stride, activation: .relu)
            return convolution(
                y, prefix: prefix, "conv3", norm: "bn3", channels: stage.channels, activation: .relu, adding: shortcut)
        }
    }
}
