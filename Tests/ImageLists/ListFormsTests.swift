import Foundation
import ImageLists
import TestSupport
import Testing

/// Lists that say the same in different forms. Fixtures/make_lists.py wrote them with Python's csv and json modules.
@Suite struct ListFormsTests {
    private struct Expected: Decodable, Equatable {
        var path: String
        var label: Int?
        var kind, mask, split, category, lot: String?
    }

    private let folder: String

    init() throws {
        folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil)).path + "/lists"
    }

    @Test(arguments: [
        "comma.csv", "semicolon.csv", "tab.tsv", "tab-quoted.txt", "plain.jsonl", "typed.jsonl", "unnamed.txt",
    ]) func everyFormSaysTheSame(_ name: String) throws {
        let list = try ImageList.read([folder + "/" + name])
        let found = list.entries.map { entry in
            Expected(
                path: entry.path, label: entry.label, kind: entry.kind,
                mask: entry.mask.map { String($0.text.dropFirst(folder.count + 1)) }, split: entry.split,
                category: entry.category, lot: entry.lot)
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
        #expect(try found == JSONDecoder().decode([Expected].self, from: data))
        #expect(list.unusedColumns == ["remark"])
        let isJSON = name.hasSuffix("jsonl") || name == "unnamed.txt"
        #expect(list.sources.map(\.kind) == [isJSON ? .jsonLines : .csv])
        let first = try ImageList.read([folder + "/comma.csv"])
        #expect(list.digest() == first.digest())
    }

    @Test func groupsAndLotsAreAnyColumns() throws {
        for name in ["comma.csv", "semicolon.csv", "tab.tsv", "typed.jsonl"] {
            let file = folder + "/" + name
            let list = try ImageList.read([file], lotColumn: "Category", groupColumn: "LOT")
            #expect(list.entries.map(\.group) == ["7", "7", "8", nil, "lot 9"])
            #expect(list.entries.map(\.lot) == ["cap", "cap", "Cap 2", nil, "cap"])
            #expect(throws: ListError.self) { try list.groups(by: "LOT") }
            #expect("\(name)") { try ImageList.read([file], groupColumn: "camera") } throws: {
                "\($0)".contains("'camera'") && "\($0)".contains("'remark'")
            }
            #expect("\(name)") { try ImageList.read([file], lotColumn: "camera") } throws: {
                "\($0)".contains("no column 'camera'")
            }
        }
    }

    @Test func wideTextIsRefusedWithTheCommandThatConvertsIt() {
        #expect { try ImageList.read([folder + "/semicolon-utf16.csv"]) } throws: {
            "\($0)".contains("iconv -f UTF-16 -t UTF-8")
        }
    }

    @Test func longListsLoadQuickly() throws {
        let folder = try TemporaryFolder()
        var text = ""
        for index in 0..<20_000 {
            text +=
                "{\"image_path\": \"line-\(index % 50)/image-\(index).png\", \"label_index\": \(index % 2), \"x\": 1}\n"
        }
        let start = ContinuousClock.now
        let list = try ImageList.read([folder.write(text, to: "long.jsonl")])
        print("20,000 JSON lines: \(ContinuousClock.now - start)")
        #expect(list.entries.count == 20_000 && ContinuousClock.now - start < .seconds(5))
    }

    /// What separates the columns is what separates them in the header, and nothing else does in the rows.
    @Test func theHeaderDecides() throws {
        let folder = try TemporaryFolder()
        for (name, text, paths) in [
            ("a.csv", "image_path;note, long\na,b.png;x\n", ["a,b.png"]),
            ("b.csv", "note;x,image_path\n1,a;b.png\n", ["a;b.png"]),
            ("c.tsv", "image_path\na,b;c.png\n", ["a,b;c.png"]),
            ("d.csv", "image_path\na;b\tc.png\n", ["a;b\tc.png"]),
            ("e.txt", "\n\n\"Image Path\"\tlabel\n\"a\tb.png\"\tgood\n", ["a\tb.png"]),
            ("f.csv", "\"x;y\",image_path\n1,a.png\n", ["a.png"]),
            ("g.txt", "{a}.png\n[b].png\n{\n", ["{a}.png", "[b].png", "{"]),
        ] {
            #expect(try ImageList.read([folder.write(text, to: name)]).entries.map(\.path) == paths, "\(name)")
        }
    }

    @Test func whatIsWrongIsSaidWithItsLine() throws {
        let folder = try TemporaryFolder()
        let utf16 = Array("image_path\na.png\n".utf16)
        let little = utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        let cases: [(String, [UInt8], Int?, String)] = [
            ("fields.csv", Array("image_path;split\na.png;x\nb;c.png;x\n".utf8), 3, "a semicolon in it needs quotes"),
            ("fields.tsv", Array("image_path\tsplit\na.png\n".utf8), 2, "1 fields, where the header has 2"),
            ("quote.tsv", Array("image_path\tx\n\"a.png\tx\n".utf8), 2, "not closed"),
            ("bare.tsv", Array("\na.png\tb\n".utf8), 2, "commas, semicolons or tabs"),
            ("little.csv", little, nil, "iconv -f UTF-16LE"),
            ("big.txt", utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }, nil, "iconv -f UTF-16BE"),
            ("marked.txt", [0xFF, 0xFE] + little, nil, "UTF-16"),
            ("wide.txt", [0xFF, 0xFE, 0, 0] + little, nil, "UTF-32"),
            ("list.parquet", Array("PAR1\u{15}\u{4}".utf8), nil, "/list.parquet').to_csv('list.csv'"),
            ("it's $(x).parquet", Array("PAR1\u{15}\u{4}".utf8), nil, "read_parquet('FILE').to_csv('FILE.csv'"),
            ("list.feather", Array("ARROW1\0\0".utf8), nil, "read_feather"),
            ("list.xls", [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], nil, "save it as CSV"),
            ("list.db", Array("SQLite format 3\0".utf8), nil, "sqlite3 -csv"),
            ("array.json", Array(" \n[{\"image_path\": \"a.png\"}]".utf8), 2, "jq -c '.[]'"),
            ("pretty.json", Array("{\n \"image_path\": \"a.png\"\n}".utf8), 1, "jq -c ."),
            ("paths.jsonl", Array("a.png\n".utf8), 1, "not JSON"),
            ("word.jsonl", Array("{\"image_path\": \"a.png\"}\n\"b.png\"\n".utf8), 2, "not a JSON object"),
            ("cut.jsonl", Array("{\"image_path\": \"a.png\"}\n{\"image_path\": \"b".utf8), 2, "not JSON"),
            ("two.jsonl", Array("{\"image_path\": \"a.png\"}{\"image_path\": \"b.png\"}".utf8), 1, "not JSON"),
            ("nopath.jsonl", Array("{\"image_path\": \"a.png\"}\n\n{\"path\": \"b.png\"}".utf8), 3, "no image_path"),
            ("null.jsonl", Array("{\"image_path\": null}".utf8), 1, "no image_path"),
            ("number.jsonl", Array("{\"image_path\": 7}".utf8), 1, "not a string"),
            ("nested.jsonl", Array("{\"image_path\": \"a\", \"label\": [1]}".utf8), 1, "neither a string nor a number"),
            ("label.jsonl", Array("{\"image_path\": \"a\", \"label_index\": 0.5}".utf8), 1, "'0.5'"),
            ("huge.jsonl", Array("{\"image_path\": \"a\", \"lot\": 1e20}".utf8), 1, "in quotes"),
            ("twice.jsonl", Array("{\"image_path\": \"a\", \"Image Path\": \"b\"}".utf8), 1, "there twice"),
            ("surrogate.jsonl", Array("{\"image_path\": \"\\ud800\"}".utf8), 1, "not JSON"),
            ("deep.jsonl", Array("{\"x\":".utf8) + [UInt8](repeating: 0x5B, count: 60_000), 1, "not JSON"),
            ("break.jsonl", Array("{\"image_path\": \"a\\nb\"}".utf8), 1, "line break"),
            ("nul.jsonl", Array("{\"image_path\": \"a\\u0000b\"}".utf8), 1, "zero byte"),
        ]
        for (name, bytes, line, reason) in cases {
            let path = try folder.write(bytes, to: name)
            #expect("\(name)") { try ImageList.read([path]) } throws: { error in
                guard let error = error as? ListError else { return false }
                let isRight = error.list == path && error.line == line && error.description.contains(reason)
                if !isRight { print("\(name): \(error)") }
                return isRight
            }
        }
    }

    /// A line of other keys each does not make the list of unused keys grow without bound.
    @Test func unusedKeysAreNotAllKept() throws {
        let folder = try TemporaryFolder()
        let lines = (0..<3000).map { "{\"image_path\": \"\($0).png\", \"key \($0)\": [{}]}" }
        let list = try ImageList.read([folder.write(lines.joined(separator: "\n"), to: "l.jsonl")])
        #expect(list.entries.count == 3000 && list.unusedColumns.count == 64)
    }
}
