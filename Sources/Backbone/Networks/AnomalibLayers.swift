/// The names of layers in anomalib, which takes its networks from timm with `features_only`: of an EfficientNet only the last blocks of stages that
/// change the map's size can be tapped.
package enum AnomalibLayers {
    /// timm's name of each backbone, and the layers that can be tapped: this project's names beside timm's, from the shallowest.
    private static let backbones: [String: (name: String, layers: [(ours: String, theirs: String)])] = [
        "resnet18": ("resnet18", residual), "wide_resnet50_2": ("wide_resnet50_2", residual),
        "efficientnet_lite0": (
            "tf_efficientnet_lite0",
            [
                ("blocks.0", "blocks.0"), ("blocks.2", "blocks.1"), ("blocks.4", "blocks.2"), ("blocks.10", "blocks.4"),
                ("blocks.15", "blocks.6"),
            ]
        ),
        "tf_efficientnet_b5": (
            "tf_efficientnet_b5", [0, 1, 2, 4, 6].map { ("blocks.\($0)", "blocks.\($0)") }
        ),
    ]

    private static let residual = (1...4).map { ("layer\($0)", "layer\($0)") }

    /// What anomalib calls a backbone and its layers.
    /// - Returns: nil where it cannot tap one of them, or takes them in another order.
    package static func theirs(_ backbone: String, _ layers: [String]) -> (backbone: String, layers: [String])? {
        guard let known = backbones[backbone] else { return nil }
        let places = layers.compactMap { layer in known.layers.firstIndex { $0.ours == layer } }
        guard places.count == layers.count, places == places.sorted() else { return nil }
        return (known.name, places.map { known.layers[$0].theirs })
    }

    /// What this project calls a backbone and its layers.
    /// - Returns: nil where it does not know one of them.
    package static func ours(_ backbone: String, _ layers: [String]) -> (backbone: String, layers: [String])? {
        // timm has the same network, with other padding, without its prefix: that one is not known here.
        guard let (name, known) = backbones.first(where: { $0.value.name == backbone }) else { return nil }
        let places = layers.compactMap { layer in known.layers.firstIndex { $0.theirs == layer } }
        guard places.count == layers.count, places == places.sorted() else { return nil }
        return (name, places.map { known.layers[$0].ours })
    }

    /// The layers of a backbone that anomalib can tap, in this project's names.
    package static func tappable(_ backbone: String) -> [String] { backbones[backbone]?.layers.map(\.ours) ?? [] }

    /// Whether its network has every stage, tapped or not.
    package static func needsAllStages(_ backbone: String) -> Bool { backbone.contains("efficientnet") }
}
