import Foundation
import Imaging
import Storage

/// A folder of a test's own, with small photographs in it; removed with the object.
public final class Workspace {
    public let path: String
    /// Whether the folder stays when the object goes.
    public var isKept = false

    public init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("padim-" + UUID().uuidString).path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { if !isKept { try? FileManager.default.removeItem(atPath: path) } }

    public func file(_ name: String) -> String { path + "/" + name }

    /// The real pretrained weights, which `scripts/setup --weights efficientnet_lite0` fetches.
    public static var weights: String { CacheDirectory.standard.weights + "/efficientnet_lite0.pth" }

    /// Makes smooth random pictures, each another one, and a text list of them.
    /// - Returns: the list's path.
    public func makeImages(_ count: Int, named folder: String = "good", seed: UInt64 = 1) throws -> String {
        try FileManager.default.createDirectory(atPath: file(folder), withIntermediateDirectories: true)
        var names: [String] = []
        for number in 0..<count {
            let name = "\(folder)/\(number).png"
            try DurableFile.write(try PNGEncoder.encode(picture(seed &* 1_000_003 &+ UInt64(number))), to: file(name))
            names.append(name)
        }
        return try makeList("\(folder.replacing("/", with: "-")).txt", names)
    }

    public func makeList(_ name: String, _ lines: [String]) throws -> String {
        try (lines.joined(separator: "\n") + "\n").write(toFile: file(name), atomically: true, encoding: .utf8)
        return file(name)
    }

    private func picture(_ seed: UInt64) -> RGBImage {
        var state = seed
        func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 33) / Double(1 << 31)
        }
        let (a, b, c, d) = (next() * 6, next() * 6, 4 + next() * 12, 4 + next() * 12)
        var pixels: [UInt8] = []
        for row in 0..<64 {
            for column in 0..<64 {
                let wave = sin(Double(row) / c + a) * cos(Double(column) / d + b)
                for channel in 0..<3 { pixels.append(UInt8(120 + 60 * wave + 10 * next() + 5 * Double(channel))) }
            }
        }
        return RGBImage(width: 64, height: 64, pixels: pixels)
    }

    /// The model's digest, as the coordinator printed it.
    public static func modelDigest(_ output: String) -> String? {
        output.split(separator: "\n").last { $0.hasPrefix("model.safetensors ") }.map {
            String($0.dropFirst("model.safetensors ".count).prefix(64))
        }
    }
}
