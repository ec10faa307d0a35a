// The relatives of EfficientNet-B0: widened and deepened (Tan and Le 2019, arXiv 1905.11946), and those without squeeze-and-excitation and with
// ReLU6 (TensorFlow's efficientnet/lite), which leave the stem, the first and the last stage as they are.

/// How much wider and deeper than B0 a network is, in tenths.
private struct EfficientNetScale {
    let width: Int
    let depth: Int

    /// A multiple of 8 that is near, and not below nine tenths.
    func channels(_ base: Int) -> Int {
        let scaled = base * width
        let nearest = max(8, (scaled + 40) / 80 * 8)
        return nearest * 100 < scaled * 9 ? nearest + 8 : nearest
    }

    func blocks(_ base: Int) -> Int { (base * depth + 9) / 10 }

    /// - Parameter keepsEnds: the first and the last stage have as many blocks as B0's.
    func stages(keepsEnds: Bool) -> [EfficientNetStage] {
        let last = Self.base.count - 1
        return Self.base.enumerated().map { number, stage in
            let isEnd = number == 0 || number == last
            return EfficientNetStage(
                size: stage.size, stride: stage.stride, expansion: stage.expansion, channels: channels(stage.channels),
                blocks: isEnd && keepsEnds ? stage.blocks : blocks(stage.blocks))
        }
    }

    /// Of B0's stem.
    static let stem = 32
    private static let base = [
        EfficientNetStage(size: 3, stride: 1, expansion: 1, channels: 16, blocks: 1),
        EfficientNetStage(size: 3, stride: 2, expansion: 6, channels: 24, blocks: 2),
        EfficientNetStage(size: 5, stride: 2, expansion: 6, channels: 40, blocks: 2),
        EfficientNetStage(size: 3, stride: 2, expansion: 6, channels: 80, blocks: 3),
        EfficientNetStage(size: 5, stride: 1, expansion: 6, channels: 112, blocks: 3),
        EfficientNetStage(size: 5, stride: 2, expansion: 6, channels: 192, blocks: 4),
        EfficientNetStage(size: 3, stride: 1, expansion: 6, channels: 320, blocks: 1),
    ]
}

extension Backbone {
    package static let efficientNetLite0 = lite(0, width: 10, depth: 10, features: 100)
    package static let efficientNetB5 = squeezed(5, width: 16, depth: 22, features: 200)

    /// Lite0 to Lite4.
    static let efficientNetLites = [
        efficientNetLite0, lite(1, width: 10, depth: 11, features: 100), lite(2, width: 11, depth: 12, features: 110),
        lite(3, width: 12, depth: 14, features: 120), lite(4, width: 14, depth: 18, features: 140),
    ]
    /// B0 to B7.
    static let efficientNets = [
        squeezed(0, width: 10, depth: 10, features: 120), squeezed(1, width: 10, depth: 11, features: 120),
        squeezed(2, width: 11, depth: 12, features: 130), squeezed(3, width: 12, depth: 14, features: 150),
        squeezed(4, width: 14, depth: 18, features: 180), efficientNetB5,
        squeezed(6, width: 18, depth: 26, features: 220), squeezed(7, width: 20, depth: 31, features: 250),
    ]

    /// Every block can be a tap. Blocks are counted from 0 on across all stages.
    /// - Parameter features: of the default layers, 4 of 7 or so are kept.
    private static func lite(_ number: Int, width: Int, depth: Int, features: Int) -> Backbone {
        let stages = EfficientNetScale(width: width, depth: depth).stages(keepsEnds: true)
        // The numbers of the stages' last blocks.
        let ends = stages.indices.map { stages[...$0].reduce(-1) { $0 + $1.blocks } }
        return Backbone(
            name: "efficientnet_lite\(number)",
            graph: efficientNet(
                stemChannels: EfficientNetScale.stem, activation: .relu6, squeezed: false, tapping: .blocks,
                stages: stages),
            defaultLayers: [ends[1], ends[2], ends[4]].map { "blocks.\($0)" }, defaultFeatures: features,
            // A block of stage 3 told defects better than the end of stage 4, and what lies behind it need not be computed.
            leanLayers: [ends[1], ends[2], ends[3] - 1].map { "blocks.\($0)" }, leanFeatures: nil,
            scaling: PixelScaling(mean: [127, 127, 127], deviation: [128, 128, 128]),
            namings: [.canonical("timm"), .efficientNetLitePyTorch(stages)])
    }

    /// The last block of every stage is a tap.
    private static func squeezed(_ number: Int, width: Int, depth: Int, features: Int) -> Backbone {
        let scale = EfficientNetScale(width: width, depth: depth)
        let layers = ["blocks.1", "blocks.3", "blocks.4"]
        return Backbone(
            name: "tf_efficientnet_b\(number)",
            graph: efficientNet(
                stemChannels: scale.channels(EfficientNetScale.stem), activation: .swish, squeezed: true,
                tapping: .stages,
                stages: scale.stages(keepsEnds: false)),
            defaultLayers: layers, defaultFeatures: features, leanLayers: layers, leanFeatures: nil,
            scaling: .imageNet, namings: [.canonical("timm")])
    }
}
