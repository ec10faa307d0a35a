import Compute
import Foundation
import Gaussian
import ModelImport
import TestCheckpoints

extension FuzzTarget {
    /// Models of another program: what is refused leaves no file, what is taken is a sound model.
    static let imports = FuzzTarget(
        "imports",
        words: [
            "gaussian.mean", "gaussian.inv_covariance", "idx", "model.", "hyper_parameters", "backbone", "layers",
            "resnet18",
            "tf_efficientnet_lite0", "layer1", "layer2", "anomalib_pre_processor_config", "transform", "class_path",
            "init_args",
            "torchvision.transforms.v2.", "Compose", "Resize", "CenterCrop", "Normalize", "size", "mean", "std",
            "post_processor._image_threshold",
            "ctorch\nLongStorage\n", "ctorch\nFloatStorage\n", "data.pkl", "\u{7F}",
        ]
    ) {
        let path = NSTemporaryDirectory() + "/padim-import-seed-\(UUID().uuidString)"
        defer { unlink(path) }
        // With the backbone's weights, and the short part of it that says what a model is.
        return try [[], ["feature_extractor"]].map { lacking in
            var theirs = TheirCheckpoint()
            theirs.lacking = lacking
            try theirs.write(to: path)
            return try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        }
    } read: { bytes, folder in
        let (model, weights) = (folder["imported"], folder["imported-weights"])
        defer { for file in [model, weights] { unlink(file) } }
        guard let checkpoint = try? AnomalibCheckpoint(path: folder.write(bytes, to: "checkpoint"), .init()) else {
            return
        }
        demand(checkpoint.threshold?.isFinite ?? true, "a threshold that is no number")
        let crew = ThreadCrew(threads: 1)
        if (try? AnomalibImport(checkpoint, images: 20).write(to: model, weights: weights, crew: crew)) != nil {
            demand((try? GaussianModel(path: model)) != nil, "a model that cannot be read")
        } else {
            demand(access(model, F_OK) != 0 && access(weights, F_OK) != 0, "a file that was left")
        }
    }
}
