import JobPlanning
import Foundation
import ImageLists
import Settings
import TestSupport
import Testing

@Suite struct FirstLookTests {
    let folder: TemporaryFolder
    let saying = Saying()

    init() throws { folder = try TemporaryFolder() }

    /// A file of Imaging's fixtures, under another name.
    private func put(_ fixture: String, as name: String) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        try FileManager.default.copyItem(
            at: tests.appendingPathComponent("Imaging/Fixtures/formats/" + fixture),
            to: URL(fileURLWithPath: folder["images/" + name]))
    }

    private func read() throws -> String {
        _ = try ListReader(job: folder["job"], logger: saying.logger)
            .read([folder["images"]], split: nil, role: .inspect)
        return saying.text
    }

    @Test func furtherPagesAreSaidOnce() throws {
        try FileManager.default.createDirectory(atPath: folder["images"], withIntermediateDirectories: true)
        try put("rgb8.png", as: "a.png")
        try put("rgb-raw.tiff", as: "b.tif")
        #expect(try !read().contains("pages"))
        for number in 0..<140 { try put("pages.tiff", as: "c\(number).TIFF") }
        let lines = try read().split(separator: "\n").filter { $0.contains("several pages") }
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("warning: c") == true)
    }

    /// Writes a PGM of 16-bit samples, the largest of which is `largest`.
    private func deep(_ largest: Int, as name: String) throws {
        try FileManager.default.createDirectory(atPath: folder["images"], withIntermediateDirectories: true)
        var samples: [UInt8] = []
        for number in 0..<64 {
            let value = number * largest / 63
            samples += [UInt8(value >> 8), UInt8(value & 255)]
        }
        try Data(Array("P5 8 8 65535\n".utf8) + samples).write(to: URL(fileURLWithPath: folder["images/" + name]))
    }

    private func check(_ level: Int) throws -> String {
        let saying = Saying()
        let look = FirstLook(list: try ImageList.read([folder["images"]]), logger: saying.logger)
        look.checkWhiteLevel(level) { "give --white-level \($0)" }
        return saying.text
    }

    @Test func nearlyBlackImagesAreWarnedOfWithWhatHelps() throws {
        // The largest sample, the white level, and the one that the warning names.
        let cases: [(Int, Int, Int?)] = [
            (4095, 65_535, 4095), (1023, 65_535, 1023), (255, 65_535, 255), (2000, 65_535, 4095), (1000, 4095, nil),
            (4096, 65_535, nil), (65_535, 65_535, nil), (4095, 4095, nil), (3000, 4095, nil), (0, 65_535, nil),
            (9000, 4095, 65_535),
        ]
        for (largest, level, expected) in cases {
            try deep(largest, as: "a.pgm")
            let said = try check(level)
            #expect(said.isEmpty == (expected == nil), "\(largest), \(level): \(said)")
            guard let expected else { continue }
            #expect(said.hasPrefix("warning: ") && said.hasSuffix("--white-level \(expected)"))
        }
        // One that is bright enough is no reason to warn, nor is what has 8 bits.
        try deep(4095, as: "a.pgm")
        try deep(50_000, as: "b.pgm")
        #expect(try check(65_535).isEmpty)
    }

    @Test func theFirstReadableImageSaysItsWhite() throws {
        try FileManager.default.createDirectory(atPath: folder["images"], withIntermediateDirectories: true)
        try Data([1]).write(to: URL(fileURLWithPath: folder["images/a.tif"]))
        try put("gray16-white-is-zero.tiff", as: "b.tif")
        func stated() throws -> UInt16 {
            FirstLook(list: try ImageList.read([folder["images"]]), logger: saying.logger).statedWhiteLevel()
        }
        #expect(try stated() == 65_535)
        // MaxSampleValue, a short.
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder["images/b.tif"])))
        let entry: [UInt8] = [0x19, 1, 3, 0, 1, 0, 0, 0]
        let place = try #require(bytes.indices.dropLast(8).first { Array(bytes[$0..<$0 + 8]) == entry }) + 8
        (bytes[place], bytes[place + 1]) = (0xFF, 0x0F)
        try Data(bytes).write(to: URL(fileURLWithPath: folder["images/b.tif"]))
        #expect(try stated() == 4095)
        #expect(saying.text.contains("notice: b.tif says that its white is 4095"))
    }

    @Test func imagesThatAreToBeTurnedAreWarnedOf() throws {
        try FileManager.default.createDirectory(atPath: folder["images"], withIntermediateDirectories: true)
        for (place, fixture) in ["1.jpg", "6.jpg", "1.png", "3.webp", "8.tiff"].enumerated() {
            try put("../orientation/" + fixture, as: "\(place)-" + fixture)
        }
        let look = FirstLook(list: try ImageList.read([folder["images"]]), logger: saying.logger)
        look.warnOfOrientation(.exif, remedy: "")
        #expect(saying.text.isEmpty)
        look.warnOfOrientation(.ignore, remedy: "Give --orientation exif.")
        #expect(saying.text.hasPrefix("warning: 2 of the first images (4 were looked at), as 1-6.jpg, say"))
        #expect(saying.text.contains("Give --orientation exif."))
    }

    @Test func cropsThatCutMuchOffAreWarnedOf() throws {
        try FileManager.default.createDirectory(atPath: folder["images"], withIntermediateDirectories: true)
        try put("rgb8.png", as: "a.png")
        let list = try ImageList.read([folder["images"]])
        // 31 x 23 pixels: the middle 20 x 20 is 56 per cent of them, 23 x 23 are 74.
        for (resize, crop, share) in [(nil, 20, 44), (nil, 23, nil), (46, 46, nil), (46, 40, 44)] as [(Int?, Int, Int?)]
        {
            let saying = Saying()
            FirstLook(list: list, logger: saying.logger).warnOfCrop(
                InputSettings(height: crop, width: crop, resize: resize, crop: crop))
            #expect(saying.text.isEmpty == (share == nil), "\(saying.text)")
            if let share { #expect(saying.text.contains("cuts \(share) per cent off the first image")) }
        }
        let saying = Saying()
        FirstLook(list: list, logger: saying.logger).warnOfCrop(InputSettings())
        #expect(saying.text.isEmpty)
    }
}
