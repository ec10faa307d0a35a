import Backbone

/// A backbone of each kind of block. The others differ from them in numbers of channels and blocks alone, and are compared with PyTorch's.
enum BackboneKinds {
    static let names = ["resnet18", "wide_resnet50_2", "efficientnet_lite0", "tf_efficientnet_b5"]

    static func all() throws -> [Backbone] { try names.map { try Backbone.named($0) } }
}
