// He et al. 2016 (arXiv 1512.03385), table 1; Zagoruyko and Komodakis 2016 (arXiv 1605.07146) for the wide one.
// Tensor names are torchvision's, which timm shares.

extension Backbone {
    package static let resnet18 = residual("resnet18", blocks: [2, 2, 2, 2], widths: nil)
    package static let resnet34 = residual("resnet34", blocks: [3, 4, 6, 3], widths: nil)
    package static let resnet50 = residual("resnet50", blocks: [3, 4, 6, 3], widths: 64)
    package static let resnet101 = residual("resnet101", blocks: [3, 4, 23, 3], widths: 64)
    package static let wideResNet50 = residual("wide_resnet50_2", blocks: [3, 4, 6, 3], widths: 128)
    package static let wideResNet101 = residual("wide_resnet101_2", blocks: [3, 4, 23, 3], widths: 128)

    /// From the fewest channels to the most.
    static let residualNetworks = [resnet18, resnet34, resnet50, resnet101, wideResNet50, wideResNet101]

    /// - Parameters:
    ///   - blocks: of each layer.
    ///   - widths: the first layer's channels within a bottleneck, which each further layer doubles; nil: blocks of two 3 x 3 convolutions.
    private static func residual(_ name: String, blocks: [Int], widths: Int?) -> Backbone {
        let stages = blocks.enumerated().map { number, count in
            ResidualStage(
                layer: "layer\(number + 1)", block: widths.map { .bottleneck(width: $0 << number) } ?? .basic,
                channels: (widths == nil ? 64 : 256) << number, blocks: count, stride: number == 0 ? 1 : 2)
        }
        return Backbone(
            name: name, graph: residualNetwork(stages: stages),
            defaultLayers: ["layer1", "layer2", "layer3"], defaultFeatures: widths == nil ? 100 : 550,
            // All 1,792 of bottlenecks would take ten times the memory.
            leanLayers: ["layer1", "layer2", "layer3"], leanFeatures: widths == nil ? nil : 550,
            scaling: .imageNet, namings: [.canonical("torchvision and timm")])
    }
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
