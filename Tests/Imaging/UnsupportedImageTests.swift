import Foundation
import Imaging
import Testing

/// What is sound and not read is called so, and what is damaged is not.
@Suite struct UnsupportedImageTests {
    private func kind(_ bytes: [UInt8]) -> (kind: ImageError.Kind?, text: String) {
        do {
            _ = try ImageDecoder.decode(bytes)
            return (nil, "it was read")
        } catch {
            return ((error as? ImageError)?.kind, "\(error)")
        }
    }

    private func expectUnsupported(_ bytes: [UInt8], _ word: String, _ what: String) {
        let (kind, text) = kind(bytes)
        #expect(kind == .unsupported && text.contains("unsupported: ") && text.contains(word), "\(what): \(text)")
    }

    private func changed(_ name: String, _ places: [Int: UInt8]) throws -> [UInt8] {
        var bytes = try Fixture.bytes("formats/" + name)
        for (place, value) in places { bytes[place] = value }
        return bytes
    }

    @Test func bitmaps() throws {
        let cases: [(String, [Int: UInt8], String)] = [
            ("rgb.bmp", [30: 4], "with a JPEG inside"),
            ("rgb.bmp", [30: 5], "with a PNG inside"),
            ("rgb.bmp", [30: 11], "method 11"),
            ("rgb.bmp", [28: 64], "64 bits a pixel"),
            ("rgb.bmp", [14: 48], "48 bytes"),
            ("rgb.bmp", [30: 1], "run-length"),
            ("gray.bmp", [30: 3], "in bit fields"),
            ("bmp-os2-64-24.bmp", [30: 4], "24-bit run-length"),
            ("bmp-os2-64.bmp", [30: 3], "Huffman"),
            ("bmp-fields-5-6-5.bmp", [55: 0xF9], "several pieces"),
            ("bmp-rle4.bmp", [118: 0, 119: 1], "leaves out"),
        ]
        for (name, changes, word) in cases { expectUnsupported(try changed(name, changes), word, name) }
        // Pixels that begin where a palette should be.
        var bytes = try changed("gray.bmp", [10: 54, 11: 0])
        bytes.removeSubrange(54..<54 + 1024)
        expectUnsupported(bytes, "without a palette", "no palette")
    }

    @Test func photographs() throws {
        for (name, word) in [("jpeg12.jpg", "12 bits"), ("lossless.jpg", "lossless"), ("jpegls.jpg", "JPEG-LS")] {
            expectUnsupported(try Fixture.bytes("unsupported/" + name), word, name)
        }
        // The frame's marker changed to that of other processes.
        let bytes = try Fixture.bytes("formats/rgb-420.jpg")
        let frame = try #require(bytes.indices.first { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 })
        for (marker, word): (UInt8, String) in [(0xC3, "lossless"), (0xC5, "hierarchical"), (0xCB, "lossless")] {
            expectUnsupported(try changed("rgb-420.jpg", [frame + 1: marker]), word, "\(marker)")
        }
    }

    /// Changes the value of a short tag of a little-endian TIFF's directory.
    private func tiff(_ name: String, _ tag: UInt8, _ value: Int) throws -> [UInt8] {
        let bytes = try Fixture.bytes("formats/" + name)
        let entry: [UInt8] = [tag, 1, 3, 0, 1, 0, 0, 0]
        let found = bytes.indices.dropLast(8).first { Array(bytes[$0..<$0 + 8]) == entry }
        let place = try #require(found) + 8
        return try changed(name, [place: UInt8(value & 255), place + 1: UInt8(value >> 8)])
    }

    @Test func tiffs() throws {
        let cases: [(String, UInt8, Int, String)] = [
            ("gray.tiff", 3, 34712, "JPEG 2000"), ("gray.tiff", 3, 50002, "JPEG XL"),
            ("gray.tiff", 3, 7777, "method 7777"),
            ("gray.tiff", 2, 12, "12-bit"), ("gray16.tiff", 6, 8, "kind that is not read"),
        ]
        for (name, tag, value, word) in cases { expectUnsupported(try tiff(name, tag, value), word, "\(word)") }
        expectUnsupported(try Fixture.bytes("formats/float.tiff"), "floating-point", "floats")
        var canon = try Fixture.bytes("formats/rgb-raw.tiff")
        canon.replaceSubrange(8..<10, with: Array("CR".utf8))
        expectUnsupported(canon, "raw", "CR2")
    }

    @Test func othersByTheirContent() throws {
        expectUnsupported(try Fixture.bytes("unsupported/animated.webp"), "animated", "animation")
        let cases: [([UInt8], String)] = [
            (Array("GIF89a..........".utf8), "GIF"), (Array("\0\0\0\u{18}ftypheic........".utf8), "HEIF"),
            (Array("\0\0\0\u{18}ftypavif........".utf8), "AVIF"), (Array("8BPS............".utf8), "Photoshop"),
            (Array("P7\nWIDTH 1".utf8), "PAM"), (Array("Pf\n1 1\n-1.0\n....".utf8), "PFM"),
            ([0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A], "JPEG 2000"), ([0xFF, 0x0A, 0, 0], "JPEG XL"),
            ([0x76, 0x2F, 0x31, 0x01, 2, 0], "OpenEXR"),
            ([UInt8](repeating: 0, count: 128) + Array("DICM".utf8), "DICOM"),
        ]
        for (bytes, word) in cases { expectUnsupported(bytes, word, word) }
    }

    @Test func damageIsCalledDamage() throws {
        for name in [
            "rgb8.png", "rgb-420.jpg", "rgb-raw.tiff", "rgb.bmp", "bmp-rle8.bmp", "bmp-v2-fields.bmp",
            "rgb-lossy.webp", "rgb-lossless.webp", "gray.pgm", "gray-plain.pgm", "bits.pbm", "rgb16.ppm",
        ] {
            let bytes = try Fixture.bytes("formats/" + name)
            let (kind, text) = kind(Array(bytes.prefix(bytes.count * 2 / 3)))
            #expect(kind == .damaged && text.contains("is damaged"), "\(name): \(text)")
        }
        for text in [
            "P5 0 3 255 ", "P5 1 1 0 x", "P5 1 1 65536 x", "P2 1 1 9 10 ", "P5 x", "P1 2 1 1 2", "P2 1 1 9999999999 1",
        ] {
            let (kind, said) = kind(Array(text.utf8))
            #expect(kind == .damaged || said.contains("no pixels"), "\(text): \(said)")
        }
        let (kind, text) = kind(try changed("rgb.bmp", [10: 20, 11: 0]))
        #expect(kind == .damaged && text.contains("within its header"))
    }
}
