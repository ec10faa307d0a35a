import Checkpoints
import Settings

/// Reads how anomalib prepares images, from the specification in its checkpoints.
struct AnomalibTransforms {
    let path: String

    /// - Parameter specification: `transform` of the pre-processor's settings.
    /// - Throws: `CheckpointError` where a step is not one that this program has.
    func input(_ specification: PlainValue) throws -> InputSettings {
        var input = InputSettings(resizePrecision: .float)
        var size: [Int]?
        for (name, arguments) in try steps(specification) {
            switch name {
            case "Resize":
                guard size == nil, input.crop == nil, input.normalization == nil else { throw order }
                guard arguments["antialias"] != .bool(false),
                    ["bilinear", nil].contains(arguments["interpolation"]?.text), arguments["max_size"]?.whole == nil
                else { throw refused("Resize without antialiasing, not bilinear, or with max_size") }
                size = try sides(arguments["size"], "Resize")
            case "CenterCrop":
                guard input.crop == nil, input.normalization == nil else { throw order }
                let sides = try sides(arguments["size"], "CenterCrop")
                guard let crop = sides.first, sides.allSatisfy({ $0 == crop }) else {
                    throw refused("a crop that is not square")
                }
                input.crop = crop
            case "Normalize":
                guard input.normalization == nil else { throw order }
                input.normalization = PixelNormalization(
                    mean: try numbers(arguments["mean"]), deviation: try numbers(arguments["std"]))
            default: throw refused("the transform \(quoted(name))")
            }
        }
        guard input.normalization != nil else { throw refused("no Normalize: pixels enter the network as they are") }
        try place(size, into: &input)
        if let fault = input.fault { throw CheckpointError(path, "its pre-processor is impossible: \(fault)") }
        return input
    }

    private func place(_ size: [Int]?, into input: inout InputSettings) throws {
        if let crop = input.crop {
            (input.height, input.width) = (crop, crop)
            guard let size else { return }
            guard size.count == 1 else { throw refused("a crop of images that are resized to both sides") }
            input.resize = size[0]
        } else {
            guard let size, size.count == 2 else {
                throw refused("no size of the network's input: Resize to two sides, or a CenterCrop, gives it")
            }
            (input.height, input.width) = (size[0], size[1])
        }
    }

    /// The steps in their order, `Compose` taken apart.
    private func steps(_ specification: PlainValue) throws -> [(name: String, arguments: PlainValue)] {
        guard let path = specification["class_path"]?.text, let arguments = specification["init_args"] else {
            throw refused("a pre-processor that is not described as anomalib 2.7 does")
        }
        let prefix = "torchvision.transforms.v2."
        guard path.hasPrefix(prefix) else { throw refused("the transform \(quoted(path))") }
        let name = String(path.dropFirst(prefix.count))
        guard name == "Compose" else { return [(name, arguments)] }
        return try (arguments["transforms"]?.items ?? []).flatMap { try steps($0) }
    }

    private func sides(_ value: PlainValue?, _ name: String) throws -> [Int] {
        let sides = value?.whole.map { [$0] } ?? value?.items?.compactMap(\.whole) ?? []
        guard (1...2).contains(sides.count), sides.count == value?.items?.count ?? 1,
            sides.allSatisfy({ (1...InputSettings.maximumSide).contains($0) })
        else { throw refused("\(name) of an impossible size") }
        return sides
    }

    private func numbers(_ value: PlainValue?) throws -> [Double] {
        let numbers = value?.items?.compactMap(\.number) ?? []
        guard numbers.count == value?.items?.count else { throw refused("Normalize of other than numbers") }
        return numbers
    }

    private var order: CheckpointError { refused("transforms in another order than Resize, CenterCrop, Normalize") }

    private func refused(_ what: String) -> CheckpointError {
        CheckpointError(
            path,
            "its pre-processor has \(what), which this program cannot do; fit again with padim-coord fit --recipe anomalib"
        )
    }
}

private func quoted(_ text: String) -> String { "'\(text.prefix(80))'" }
