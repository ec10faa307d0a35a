import Settings
import Storage
import Tensors

/// What a model's header says of its calibration.
struct CalibrationHeader: Codable, Equatable, Sendable {
    /// As the command line writes them.
    let rules: [String]
    let images: Int
    let lots: [Calibration.Lot]
    /// Of all bytes of the tensors.
    let digest: Digest

    init(_ calibration: Calibration) {
        rules = calibration.rules.map(\.description)
        images = calibration.images.count
        lots = calibration.lots
        digest = CalibrationFormat.digest(of: CalibrationFormat.contents(of: calibration).map(\.bytes))
    }
}

/// The tensors of a calibration in a model's file:
///
///     calibration.images      U8 [n, 16]          digests of the images' contents, ascending
///     calibration.lots        I32 [n]             each image's lot; -1 where there are no lots
///     calibration.scores      F32 [n, rules]      by the model without the image
///     calibration.lot_scores  F32 [n, rules]      by the model without its lot; only where there are lots
///     calibration.squares     F64 [patches]       mean squared distance of an image from the model without it
enum CalibrationFormat {
    private static let (images, lots, scores) = ("calibration.images", "calibration.lots", "calibration.scores")
    private static let (lotScores, squares) = ("calibration.lot_scores", "calibration.squares")
    /// Beyond, nobody calibrates.
    static let mostImages = 1 << 20

    /// - Throws: `GaussianError` where the header's counts are impossible.
    static func tensors(_ header: CalibrationHeader, patches: Int) throws -> [TensorDescription] {
        guard (1...mostImages).contains(header.images), (1...16).contains(header.rules.count),
            header.lots.count <= mostImages
        else { throw GaussianError("model", "its calibration's counts are impossible") }
        let (n, rules) = (header.images, header.rules.count)
        var tensors = [
            try TensorDescription(name: images, type: .u8, shape: [n, ContentDigest.byteCount]),
            try TensorDescription(name: lots, type: .i32, shape: [n]),
            try TensorDescription(name: scores, type: .f32, shape: [n, rules]),
        ]
        if !header.lots.isEmpty {
            tensors.append(try TensorDescription(name: lotScores, type: .f32, shape: [n, rules]))
        }
        tensors.append(try TensorDescription(name: squares, type: .f64, shape: [patches]))
        return tensors
    }

    /// The tensors' contents, in their order.
    static func contents(of calibration: Calibration) -> [(name: String, bytes: [UInt8])] {
        func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
        var contents = [
            (images, calibration.images.flatMap(\.digest.bytes)),
            (lots, bytes(calibration.images.map { Int32($0.lot ?? -1) })),
            (scores, bytes(calibration.images.flatMap(\.scores))),
        ]
        if !calibration.lots.isEmpty {
            contents.append((lotScores, bytes(calibration.images.flatMap { $0.lotScores ?? [] })))
        }
        return contents + [(squares, bytes(calibration.meanSquares))]
    }

    static func digest(of contents: [[UInt8]]) -> Digest {
        var stream = DigestStream()
        for bytes in contents { bytes.withUnsafeBytes { stream.update($0) } }
        return stream.finish()
    }

    /// - Throws: `GaussianError` where the calibration is damaged or unsound.
    static func read(_ header: CalibrationHeader, from file: SafetensorsFile, patches: Int, path: String) throws
        -> Calibration
    {
        let tensors = try tensors(header, patches: patches)
        for tensor in tensors where file[tensor.name] != tensor {
            throw GaussianError(
                path, "tensor '\(tensor.name)' is not \(tensor.type.rawValue) \(tensor.shape), as its header says")
        }
        let contents = try tensors.map { try file.withBytes(of: $0.name) { Array($0) } }
        guard digest(of: contents) == header.digest else {
            throw GaussianError(path, "is damaged: its calibration is not the one that was written")
        }
        let rules = try header.rules.map { text in
            guard let rule = ImageScore(text) else {
                throw GaussianError(path, "its calibration has scores of a rule '\(text.prefix(40))' that is not known")
            }
            return rule
        }
        let digests = try file.withBytes(of: images) { bytes in
            stride(from: 0, to: bytes.count, by: ContentDigest.byteCount).compactMap {
                ContentDigest(bytes: bytes[$0..<$0 + ContentDigest.byteCount])
            }
        }
        let lotOf = try file.withElements(of: lots, as: Int32.self) { $0.map { Int($0) } }
        let byImage = try file.withElements(of: scores, as: Float.self) { Array($0) }
        let byLot = header.lots.isEmpty ? nil : try file.withElements(of: lotScores, as: Float.self) { Array($0) }
        let found = zip(digests, lotOf).enumerated().map { place, image in
            let range = place * rules.count..<(place + 1) * rules.count
            return Calibration.Image(
                digest: image.0, lot: image.1 < 0 ? nil : image.1, scores: Array(byImage[range]),
                lotScores: byLot.map { Array($0[range]) })
        }
        return try Calibration(
            rules: rules, images: found, lots: header.lots,
            meanSquares: try file.withElements(of: squares, as: Double.self) { Array($0) })
    }
}
