import Foundation
import Inspection
import Testing

@Suite struct CSVWriterTests {
    @Test(arguments: [
        ("plain", "plain"), ("a b;c", "a b;c"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""),
        ("two\nlines", "\"two\nlines\""), ("cr\rhere", "\"cr\rhere\""), ("crlf\r\n", "\"crlf\r\n\""),
        ("\"\u{301},", "\"\"\"\u{301},\""), ("größe/ü.png", "größe/ü.png"), ("", ""),
    ])
    func fieldsAreQuotedWhereTheyMust(_ field: String, _ expected: String) {
        #expect(String(decoding: CSVWriter.line(of: [field, "x"]), as: UTF8.self) == expected + ",x\n")
    }

    @Test func aTableIsThereWholeOrNotAtAll() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            var writer = try CSVWriter(path: path, header: ["a", "b"])
            try writer.append(["1", "2"])
        }
        #expect(!FileManager.default.fileExists(atPath: path))
        var writer = try CSVWriter(path: path, header: ["a", "b"])
        for row in 0..<20_000 { try writer.append(["\(row)", "\(row * row)"]) }
        try writer.commit()
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        #expect(lines.count == 20_001)
        #expect(lines.first == "a,b" && lines.last == "19999,399960001")
    }
}
