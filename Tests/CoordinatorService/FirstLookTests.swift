import CoordinatorService
import Foundation
import Imaging
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
        for number in 0..<40 { try put("pages.tiff", as: "c\(number).TIFF") }
        let lines = try read().split(separator: "\n").filter { $0.contains("several pages") }
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("warning: c") == true)
    }
}
