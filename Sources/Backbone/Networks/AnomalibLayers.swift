/// The names of layers in anomalib, which takes its networks from timm with `features_only`: of an EfficientNet only the last blocks of stages that
/// change the map's size can be tapped.
package enum AnomalibLayers {
    /// timm's name of each backbone, and the layers that can be tapped: this project's names beside timm's, from the shallowest.
    private static let backbones = Dictionary(
        uniqueKeysWithValues: Backbone.all.map { backbone in
            let isLite = backbone.name.hasPrefix("efficientnet_lite")
            return (backbone.name, (name: isLite ? "tf_" + backbone.name : backbone.name, layers: layers(of: backbone)))
        })

    private static func layers(of backbone: Backbone) -> [(ours: String, theirs: String)] {
        guard needsAllStages(backbone.name) else { return backbone.layers.map { ($0, $0) } }
        let graph = backbone.graph
        return [0, 1, 2, 4, 6].compactMap { stage in
            graph.taps.last { graph.nodes[$0.node].name.hasPrefix("blocks.\(stage).") }
                .map { ($0.layer, "blocks.\(stage)") }
        }
    }

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
