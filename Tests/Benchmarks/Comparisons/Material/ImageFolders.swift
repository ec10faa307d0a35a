import CTurboJPEG
import Foundation
import ImageLists
import Imaging

/// Folders of images for whole jobs, made once and kept.
struct ImageFolders {
    let photographs: String
    let cache: String

    /// The first so many photographs, in a folder of their own.
    func some(_ count: Int) throws -> String {
        try folder("photographs-\(count)") { folder in
            let names = try names()
            guard names.count >= count else {
                throw BenchmarkError("\(photographs) has \(names.count) photographs, \(count) are wanted")
            }
            for name in names.prefix(count) {
                try FileManager.default.createSymbolicLink(
                    atPath: folder + "/" + name, withDestinationPath: photographs + "/" + name)
            }
        }
    }

    /// Photographs enlarged to 900 x 900, as PNG.
    func pngs(_ count: Int) throws -> String {
        try folder("png-900x900-\(count)") { folder in
            try enlarge(count, width: 900, height: 900) { image, name in
                try Data(PNGEncoder.encode(image)).write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
            }
        }
    }

    /// Photographs enlarged to 4000 x 3000, as JPEG.
    func jpegs(_ count: Int) throws -> String {
        try folder("jpeg-4000x3000-\(count)") { folder in
            try enlarge(count, width: 4000, height: 3000) { image, name in
                try jpeg(image).write(to: URL(fileURLWithPath: "\(folder)/\(name).jpg"))
            }
        }
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: photographs).filter { $0.hasSuffix(".png") }.sorted()
    }

    /// Enlarged, and grained as a camera's images are, so that they are as large as real ones.
    private func enlarge(_ count: Int, width: Int, height: Int, _ write: (RGBImage, String) throws -> Void) throws {
        var random = SplitMix(seed: 4)
        for name in try names().prefix(count) {
            let large = try ImageDecoder.decode(file: photographs + "/" + name).resized(width: width, height: height)
            var pixels = large.pixels
            for place in pixels.indices {
                pixels[place] = UInt8(clamping: Int(pixels[place]) + Int(random.next() & 7) - 4)
            }
            try write(RGBImage(width: width, height: height, pixels: pixels), String(name.dropLast(4)))
        }
    }

    private func jpeg(_ image: RGBImage) throws -> Data {
        guard let compressor = tjInitCompress() else { throw BenchmarkError("no JPEG compressor can be had") }
        defer { tjDestroy(compressor) }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        defer { tjFree(bytes) }
        let status = tjCompress2(
            compressor, image.pixels, Int32(image.width), 0, Int32(image.height), Int32(TJPF_RGB.rawValue), &bytes,
            &count, Int32(TJSAMP_420.rawValue), 90, 0)
        guard status == 0, let bytes else { throw BenchmarkError("an image cannot be compressed") }
        return Data(bytes: bytes, count: Int(count))
    }

    /// Makes the folder whole or not at all.
    private func folder(_ name: String, fill: (String) throws -> Void) throws -> String {
        let path = cache + "/" + name
        guard !FileManager.default.fileExists(atPath: path) else { return path }
        let unfinished = path + ".unfinished"
        try? FileManager.default.removeItem(atPath: unfinished)
        try FileManager.default.createDirectory(atPath: unfinished, withIntermediateDirectories: true)
        try fill(unfinished)
        try FileManager.default.moveItem(atPath: unfinished, toPath: path)
        return path
    }
}
