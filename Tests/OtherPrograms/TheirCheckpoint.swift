import Backbone
import Foundation
import ModelExport
import TestSupport
import TestWeights

/// A checkpoint as anomalib 2.7 writes it, small, with parts that a test makes wrong. resnet18 up to layer1, an input of 32 x 48: 8 x 12 patches.
package struct TheirCheckpoint {
    package static let patches = 96

    package var backbone: TorchValue? = .string("resnet18")
    package var layers: TorchValue? = .list([.string("layer1")])
    /// As anomalib draws them: in no order.
    package var channels = [40, 3, 63, 17]
    package var mean: [Float]
    package var inverses: [Float]
    package var meanShape: [Int]?
    package var transforms: [TorchValue] = [resize([32, 48]), normalize]
    package var threshold = Float(7.25)
    /// Parts of the names of tensors that are left out.
    package var lacking: [String] = []

    package var dimension: Int { channels.count }

    package init() {
        var chance = SeededGenerator(seed: 12)
        let (patches, dimension) = (Self.patches, 4)
        mean = (0..<dimension * patches).map { _ in Float.random(in: -2...2, using: &chance) }
        inverses = []
        for _ in 0..<patches {
            // A A' + I is positive definite.
            let factor = (0..<dimension * dimension).map { _ in Float.random(in: -1...1, using: &chance) }
            for row in 0..<dimension {
                for column in 0..<dimension {
                    let sum = (0..<dimension).reduce(Float(row == column ? 1 : 0)) {
                        $0 + factor[row * dimension + $1] * factor[column * dimension + $1]
                    }
                    inverses.append(sum)
                }
            }
        }
    }

    package static func transform(_ name: String, _ arguments: [(key: String, value: TorchValue)]) -> TorchValue {
        .dictionary([("class_path", .string(name)), ("init_args", .dictionary(arguments))])
    }

    package static func resize(_ size: [Int], antialias: Bool = true) -> TorchValue {
        transform(
            "torchvision.transforms.v2.Resize",
            [
                ("size", .list(size.map { .int($0) })), ("interpolation", .string("bilinear")), ("max_size", .none),
                ("antialias", .bool(antialias)),
            ])
    }

    package static func crop(_ side: Int) -> TorchValue {
        transform("torchvision.transforms.v2.CenterCrop", [("size", .list([.int(side), .int(side)]))])
    }

    package static var normalize: TorchValue {
        transform(
            "torchvision.transforms.v2.Normalize",
            [
                ("mean", .list([0.5, 0.4, 0.3].map { .double($0) })),
                ("std", .list([.double(0.25), .double(0.2), .int(1)])),
                ("inplace", .bool(false)),
            ])
    }

    package func write(to path: String) throws {
        func floats(_ values: [Float], _ shape: [Int]) -> TorchValue {
            .tensor(
                TorchTensorContent(element: .float, shape: shape) { take in try values.withUnsafeBytes { try take($0) }
                })
        }
        let numbers = channels.map { Int64($0) }
        var state: [(key: String, value: TorchValue)] = [
            ("post_processor._image_threshold", floats([threshold], [])),
            (
                "model.idx",
                .tensor(
                    TorchTensorContent(element: .long, shape: [dimension]) { take in
                        try numbers.withUnsafeBytes { try take($0) }
                    })
            ),
            ("model.gaussian.mean", floats(mean, meanShape ?? [dimension, mean.count / dimension])),
            (
                "model.gaussian.inv_covariance",
                floats(inverses, [inverses.count / dimension / dimension, dimension, dimension])
            ),
        ]
        for parameter in try Backbone.named("resnet18").parameters(upTo: ["layer1"]) {
            let values = SyntheticWeights.values(name: parameter.name, shape: parameter.shape, gain: 3)
            state.append(
                ("model.feature_extractor.feature_extractor." + parameter.name, floats(values, parameter.shape)))
        }
        state.removeAll { entry in lacking.contains { entry.key.contains($0) } }
        let hyper = [("backbone", backbone), ("layers", layers)].compactMap { name, value in value.map { (name, $0) } }
        try TorchFile.write(
            .dictionary([
                ("epoch", .int(1)), ("state_dict", .dictionary(state)), ("hyper_parameters", .dictionary(hyper)),
                (
                    "anomalib_pre_processor_config",
                    .dictionary([
                        (
                            "transform",
                            Self.transform("torchvision.transforms.v2.Compose", [("transforms", .list(transforms))])
                        )
                    ])
                ),
            ]), to: path)
    }
}
