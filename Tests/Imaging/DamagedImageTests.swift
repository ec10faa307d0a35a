import Foundation
import Imaging
import TestSupport
import Testing

@Suite struct DamagedImageTests {
    static let limits = ImageLimits(maxFileBytes: 1 << 20, maxPixels: 1 << 20, maxSide: 4096)

    @Test func whatIsNoImageFileIsNamed() throws {
        let folder = try TemporaryFolder()
        let cases: [(String, String)] = [
            (folder.path + "/none.png", "No such file"),
            (folder.path, "a folder"),
            (try folder.write([], to: "empty.png"), "empty"),
            (try folder.write("hello", to: "text.png"), "not an image"),
            (try folder.write("GIF89a......", to: "moving.png"), "GIF"),
            (try folder.write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], to: "magic.png"), "too early"),
            (try folder.write([0xFF, 0xD8, 0xFF], to: "magic.jpg"), "JPEG"),
            (try folder.write("BM", to: "magic.bmp"), "BMP"),
            (try folder.write([0x49, 0x49, 0x2A, 0], to: "magic.tiff"), "TIFF"),
            ("/dev/null", "not a regular file"), ("", "not a file name"), ("a\0b", "not a file name"),
            (try Fixture.path("formats/float.tiff"), "floating-point 32-bit"),
        ]
        for (file, reason) in cases {
            #expect("\(file)") { try ImageDecoder.decode(file: file) } throws: { error in
                (error as? ImageError)?.file == file && "\(error)".contains(reason)
            }
        }
    }

    @Test func limitsHoldBeforeAnythingIsAllocated() throws {
        let samples = ["rgb8.png", "rgb-420.jpg", "rgb.bmp", "rgb-raw.tiff"]
        let tight: [(ImageLimits, String)] = [
            (ImageLimits(maxFileBytes: 100, maxPixels: 1000, maxSide: 1000), "file is too large"),
            (ImageLimits(maxFileBytes: 1 << 20, maxPixels: 712, maxSide: 1000), "31 x 23"),
            (ImageLimits(maxFileBytes: 1 << 20, maxPixels: 1000, maxSide: 30), "31 x 23"),
        ]
        for name in samples {
            let bytes = try Fixture.bytes("formats/" + name)
            for (limits, reason) in tight {
                #expect("\(name)") { try ImageDecoder.decode(bytes, limits: limits) } throws: {
                    "\($0)".contains(reason)
                }
            }
            #expect(throws: Never.self) {
                try ImageDecoder.decode(bytes, limits: ImageLimits(maxFileBytes: 10_000, maxPixels: 713, maxSide: 31))
            }
        }
    }

    /// Whatever is cut off: an error, or every pixel as it was.
    @Test(arguments: FormatSamples.names)
    func aTruncatedImageIsNeverTakenForAnother(_ name: String) throws {
        let bytes = try Fixture.bytes("formats/" + name)
        let whole = try ImageDecoder.decode(bytes, name: name)
        var accepted = 0
        // In numbers that are text a cut can go through the last one.
        let end = name.contains("plain.p") ? bytes.count - 4 : bytes.count
        for count in 0..<end where count % 7 == 0 || bytes.count - count < 40 {
            guard let image = try? ImageDecoder.decode(Array(bytes[..<count]), name: name, limits: Self.limits) else {
                continue
            }
            accepted += 1
            #expect(image == whole, "\(name) cut to \(count) of \(bytes.count) bytes")
        }
        // Of this one all can be cut off that stands behind the page that is read.
        #expect(accepted <= 20 || name == "pages.tiff", "\(name)")
    }

    /// Whatever the bytes are, decoding ends in an image within the limits or in an error.
    @Test(arguments: FormatSamples.names)
    func damageNeverCrashes(_ name: String) throws {
        let bytes = try Fixture.bytes("formats/" + name)
        var random = SeededGenerator(seed: UInt64(bytes.count))
        for _ in 0..<150 {
            let damaged = Self.damaged(bytes, &random)
            guard let image = try? ImageDecoder.decode(damaged, name: name, limits: Self.limits) else { continue }
            #expect(image.width * image.height <= Self.limits.maxPixels)
        }
    }

    private static func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            // Most of what matters stands at the beginning.
            let end = Bool.random(using: &random) ? min(80, bytes.count) : bytes.count
            let place = Int.random(in: 0..<end, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes[place] = [0, 1, 127, 128, 255].randomElement(using: &random) ?? 0
            case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            case 4 where bytes.count > 20: bytes.remove(at: place)
            default:
                let other = Int.random(in: 0..<bytes.count, using: &random)
                let count = min(Int.random(in: 1...16, using: &random), bytes.count - max(place, other))
                bytes.replaceSubrange(place..<place + count, with: Array(bytes[other..<other + count]))
            }
        }
        return bytes
    }
}
