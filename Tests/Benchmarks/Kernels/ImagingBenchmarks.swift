import Benchmark
import Foundation
import Imaging

/// From a file's bytes to the network's input.
func registerImaging() {
    let side = 900
    let picture = grained(width: side, height: side)
    Benchmark("resize 900x900 to 224x224") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try picture.resized(width: 224, height: 224)) }
    }
    Benchmark("encode a PNG of 900x900") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try PNGEncoder.encode(picture)) }
    }
    let file = FileManager.default.temporaryDirectory.path + "/padim-benchmark-900.png"
    Benchmark("decode a PNG of 900x900") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try ImageDecoder.decode(file: file)) }
    } setup: {
        try Data(PNGEncoder.encode(picture)).write(to: URL(fileURLWithPath: file))
    } teardown: {
        try FileManager.default.removeItem(atPath: file)
    }
}

/// A gradient with some grain.
private func grained(width: Int, height: Int) -> RGBImage {
    var state: UInt32 = 1
    let pixels = (0..<width * height * 3).map { place -> UInt8 in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(truncatingIfNeeded: place / (3 * width) / 4) &+ UInt8(state >> 29)
    }
    return RGBImage(width: width, height: height, pixels: pixels)
}
