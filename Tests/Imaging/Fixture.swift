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

/// A folder for one test, gone with it.
final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("imaging-" + UUID().uuidString).path

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders on its way, and returns its path.
    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return file
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }
}
