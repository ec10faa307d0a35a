import Foundation
import Imaging
import Testing

/// The files in Fixtures/, whose origin its README tells.
enum Fixture {
    static func path(_ name: String) throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/" + name).path
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    static func image(_ name: String) throws -> RGBImage { try ImageDecoder.decode(file: path(name)) }
}

extension ImageDecoder {
    static func decode(_ bytes: [UInt8], name: String = "image", limits: ImageLimits = .standard) throws -> RGBImage {
        try bytes.withUnsafeBytes { try decode($0, name: name, limits: limits) }
    }
}

extension RGBImage {
    /// The largest difference of any value, or nil where the sizes differ.
    func largestDifference(from other: RGBImage) -> Int? {
        guard width == other.width, height == other.height else { return nil }
        return zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }.max()
    }

    func meanDifference(from other: RGBImage) -> Double? {
        guard width == other.width, height == other.height else { return nil }
        return Double(zip(pixels, other.pixels).map { abs(Int($0) - Int($1)) }.reduce(0, +)) / Double(pixels.count)
    }
}
