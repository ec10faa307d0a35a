import Settings
import Storage
import Tensors

/// What a model's header says of its region of interest.
struct RegionHeader: Codable, Equatable, Sendable {
    let height: Int
    let width: Int
    /// Of the bits.
    let digest: Digest

    init(_ region: RegionOfInterest) {
        (height, width) = (region.height, region.width)
        digest = Digest(of: region.bits)
    }
}

extension RegionOfInterest {
    /// The SHA-256 of its size, as text, and its bits: what jobs know it by.
    public var digest: Digest { Digest(of: Array("\(height) x \(width)\n".utf8) + bits) }
}

/// The tensor of a region of interest in a model's file: U8 [bytes], the bits of `RegionOfInterest`.
enum RegionFormat {
    static let name = "region"

    /// - Throws: `GaussianError` where the sides are impossible.
    static func tensor(_ header: RegionHeader) throws -> TensorDescription {
        guard let bytes = RegionOfInterest.byteCount(width: header.width, height: header.height) else {
            throw GaussianError(
                "model", "its region of interest of \(header.width) x \(header.height) pixels is impossible")
        }
        return try TensorDescription(name: name, type: .u8, shape: [bytes])
    }

    /// - Throws: `GaussianError` where the region is damaged or unsound.
    static func read(_ header: RegionHeader, from file: SafetensorsFile, path: String) throws -> RegionOfInterest {
        let bits = try file.withBytes(of: name) { Array($0) }
        guard Digest(of: bits) == header.digest else {
            throw GaussianError(path, "is damaged: its region of interest is not the one that was written")
        }
        guard let region = RegionOfInterest(width: header.width, height: header.height, bits: bits) else {
            throw GaussianError(path, "its region of interest is unsound: it has no pixel, or some beyond its size")
        }
        return region
    }
}
