/// A convention for the names of a network's tensors.
package struct ParameterNaming: Sendable {
    /// Who names them so.
    package let origin: String
    /// From the canonical name to theirs; a name that is not in it is the same in both.
    private let renamed: [String: String]

    /// The names that the graph uses itself.
    package static func canonical(_ origin: String) -> ParameterNaming {
        ParameterNaming(origin: origin, renamed: [:])
    }

    /// `renamed` maps the prefixes of layers (`blocks.0.0.conv_dw`), without `.weight` and the like.
    init(origin: String, renamed: [String: String]) {
        self.origin = origin
        self.renamed = renamed
    }

    package func name(of canonical: String) -> String {
        guard let dot = canonical.lastIndex(of: "."), let layer = renamed[String(canonical[..<dot])] else {
            return canonical
        }
        return layer + canonical[dot...]
    }

    /// The package efficientnet_lite_pytorch: blocks are numbered through, norms by their place in the block.
    static func efficientNetLitePyTorch(_ stages: [EfficientNetStage]) -> ParameterNaming {
        var renamed = ["conv_stem": "_conv_stem", "bn1": "_bn0"]
        var number = 0
        for (stage, shape) in stages.enumerated() {
            for block in 0..<shape.blocks {
                let ours = "blocks.\(stage).\(block)."
                let theirs = "_blocks.\(number)."
                let layers =
                    shape.expansion == 1
                    ? [("conv_dw", "_depthwise_conv"), ("bn1", "_bn1"), ("conv_pw", "_project_conv"), ("bn2", "_bn2")]
                    : [
                        ("conv_pw", "_expand_conv"), ("bn1", "_bn0"), ("conv_dw", "_depthwise_conv"), ("bn2", "_bn1"),
                        ("conv_pwl", "_project_conv"), ("bn3", "_bn2"),
                    ]
                for (our, their) in layers { renamed[ours + our] = theirs + their }
                number += 1
            }
        }
        return ParameterNaming(origin: "efficientnet_lite_pytorch", renamed: renamed)
    }
}
