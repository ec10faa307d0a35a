import Backbone
import Foundation
import Tensors
import Testing

/// What PyTorch computed, from the folder Fixtures.
struct Expectation {
    let file: SafetensorsFile

    init(_ name: String) throws {
        file = try SafetensorsFile(path: Self.path(name + ".safetensors"))
    }

    static func path(_ file: String) throws -> String {
        let folder = try #require(Bundle.module.resourceURL)
        return folder.appendingPathComponent("Fixtures/" + file).path
    }

    /// A 224 x 224 image, RGB.
    static func image(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name + ".rgb"))))
    }

    /// cat.rgb, repeated over another size.
    static func cat(height: Int, width: Int) throws -> [UInt8] {
        let cat = try image("cat")
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width { pixels += cat[(3 * (y % 224 * 224 + x % 224))...].prefix(3) }
        }
        return pixels
    }

    /// The largest difference between a computed tap and the stored sample of it, over the tap's largest value.
    /// - Parameters:
    ///   - name: the tap's name in the file.
    ///   - row: which image's row of the stored samples; the file may hold only one image.
    func error(_ name: String, row: Int = 0, computed: [Float]) throws -> Double {
        let step = try #require(file.metadata[name + ".step"].flatMap { Int($0) })
        let largest = try #require(file.metadata[name + ".absmax"].flatMap { Double($0) })
        let expected = try file.floats(name)
        let count = (computed.count + step - 1) / step
        try #require(expected.count % count == 0 && row < expected.count / count)
        let difference = (0..<count).map { abs(Double(computed[$0 * step]) - Double(expected[row * count + $0])) }
        return (difference.max() ?? .infinity) / largest
    }
}

extension Workspace {
    /// A tap as PyTorch lays it out: [channel][y][x].
    func channelsFirst(_ tap: Int, image: Int) -> [Float] {
        withTap(tap, image: image) { view in
            var values: [Float] = []
            values.reserveCapacity(view.channels * view.height * view.width)
            for channel in 0..<view.channels {
                for y in 0..<view.height {
                    let row = view.pixels + y * view.rowStride + channel
                    for x in 0..<view.width { values.append(row[x * view.pixelStride]) }
                }
            }
            return values
        }
    }
}
