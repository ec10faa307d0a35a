import Foundation
import Gaussian
import Settings

/// A model as NumPy's arrays in one file, for programs of one's own. docs/NUMERICS.md has the arrays.
public struct NPZExport {
    private let model: GaussianModel

    public init(of model: GaussianModel) { self.model = model }

    /// Writes the file. The same model gives the same bytes.
    /// - Throws: `GaussianError`, `StorageError`.
    public func write(to path: String) throws { try write(to: path, zip64From: 0xFFFF_FFFF) }

    /// - Parameter zip64From: from how many bytes on entries are those of a large archive.
    package func write(to path: String, zip64From: Int) throws {
        let space = model.space
        let (patches, dimension) = (space.patches, space.dimension)
        var archive = try StoredZipWriter(path: path, zip64From: zip64From)
        let inverse = InverseCovariance(model: model)
        let means = NPYHeader("<f4", [patches, dimension])
        try archive.add("mean.npy", byteCount: means.byteCount) { take in
            try means.bytes.withUnsafeBytes { try take($0) }
            for patch in 0..<patches {
                try model.withParameters(patches: patch..<patch + 1) { mean, _ in
                    try take(UnsafeRawBufferPointer(start: mean, count: dimension * 4))
                }
            }
        }
        let matrices = NPYHeader("<f4", [patches, dimension, dimension])
        try archive.add("inverse_covariance.npy", byteCount: matrices.byteCount) { take in
            try matrices.bytes.withUnsafeBytes { try take($0) }
            try inverse.forEachPatch { _, matrix in try take(UnsafeRawBufferPointer(matrix)) }
        }
        try archive.add("channels.npy", array(space.channels))
        try archive.add("exponents.npy", array(space.grid.exponents))
        try archive.add("grid.npy", array([space.gridHeight, space.gridWidth]))
        if let region = model.settings.region {
            let counts = (0..<region.height * region.width).map { place in
                region.bits[place / 8] & (0x80 >> UInt8(place % 8)) != 0 ? UInt8(1) : 0
            }
            try archive.add("region.npy", NPYHeader("|b1", [region.height, region.width]).bytes + counts)
        }
        if let calibration = model.calibration {
            let scores = calibration.images.flatMap { $0.scores }
            let header = NPYHeader("<f4", [calibration.images.count, calibration.rules.count])
            try archive.add("calibration_scores.npy", header.bytes + scores.flatMap { bytes(of: $0.bitPattern) })
        }
        try archive.add("settings.npy", text(settings()))
        try archive.commit()
    }

    private func bytes(of value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private func array(_ numbers: [Int]) -> [UInt8] {
        NPYHeader("<i8", [numbers.count]).bytes + numbers.flatMap { bytes(of: Int64($0)) }
    }

    /// A text as NumPy has it: a number of 32 bits for each character.
    private func text(_ text: String) -> [UInt8] {
        let scalars = text.unicodeScalars.map(\.value)
        return NPYHeader("<U\(max(scalars.count, 1))", []).bytes + scalars.flatMap { bytes(of: $0) }
    }

    private struct Described: Encodable {
        let space: FeatureSpace
        let images: Int64
        let samples: Int64
        let epsilon: Double
        let shrinkage: String
        let blurBorder: BlurBorder
        let imageScore: String
        let calibrationRules: [String]?
        /// The SHA-256 of the model's file.
        let model: String
    }

    private func settings() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let settings = model.settings
        let described = Described(
            space: model.space, images: model.count, samples: model.samples, epsilon: settings.epsilon,
            shrinkage: settings.shrinkage.description, blurBorder: settings.blurBorder,
            imageScore: settings.imageScore.description,
            calibrationRules: model.calibration?.rules.map(\.description), model: model.digest().hex)
        return String(decoding: try encoder.encode(described), as: UTF8.self)
    }
}

/// The beginning of a file of one array, in version 1.0 of NumPy's format (numpy.lib.format), in C order.
struct NPYHeader {
    let bytes: [UInt8]
    /// Of the header and the array.
    let byteCount: Int

    /// - Parameter type: in NumPy's words, as `<f4`.
    init(_ type: String, _ shape: [Int]) {
        let sides = shape.map { "\($0)" }.joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let described = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sides)), }"
        // With a line feed, to a multiple of 64 bytes.
        let length = (10 + described.utf8.count + 1 + 63) / 64 * 64 - 10
        let padding = [UInt8](repeating: UInt8(ascii: " "), count: length - described.utf8.count - 1)
        let magic = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
        bytes = magic + Array(described.utf8) + padding + [UInt8(ascii: "\n")]
        let size = type.contains("U") ? 4 * (Int(type.drop { !$0.isNumber }) ?? 1) : Int(String(type.suffix(1))) ?? 1
        byteCount = bytes.count + shape.reduce(size, *)
    }
}
