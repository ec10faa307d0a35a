import ImageLists
import TestSupport
import Testing

/// Lists whose images are grouped by a column.
@Suite struct ImageGroupTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func list(_ lines: String..., column: String = "camera") throws -> ImageList {
        let path = folder["list.csv"]
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return try ImageList.read([path], groupColumn: column)
    }

    @Test func groupsComeInTheListsOrder() throws {
        let list = try list(
            "Camera ,image_path,split", "b,1.png,train", " a ,2.png,", "b,3.png,", "\"x,y\",4.png,", "A,5.png,")
        let groups = try list.groups(by: "camera")
        #expect(groups.map(\.name) == ["b", "a", "x,y", "A"])
        #expect(groups.map(\.images) == [2, 1, 1, 1])
        #expect(list.unusedColumns.isEmpty)
        let chosen = list.selecting(group: "b")
        #expect(chosen.entries.map(\.path) == ["1.png", "3.png"])
        #expect(chosen.entries == list.entries.filter { $0.group == "b" })
        #expect(chosen.sources.map(\.entries) == [0..<2])
    }

    @Test func everyImageIsOfAGroup() throws {
        #expect { try list("image_path,camera", "1.png,a", "2.png,").groups(by: "camera") } throws: {
            "\($0)".contains("'camera'") && "\($0)".contains("2.png")
        }
        #expect { try list("image_path,kind", "1.png,a") } throws: {
            "\($0)".contains("'camera'") && "\($0)".contains("'kind'")
        }
        #expect { try list("image_path,camera,Camera", "1.png,a,b") } throws: { "\($0)".contains("twice") }
        try "1.png\n".write(toFile: folder["list.txt"], atomically: true, encoding: .utf8)
        #expect { try ImageList.read([folder["list.txt"]], groupColumn: "camera").groups(by: "camera") } throws: {
            "\($0)".contains("CSV")
        }
    }

    @Test func aGroupMayNameAFile() throws {
        let groups = try list("image_path,model", "1.png,m/a.safetensors", "2.png,/b.safetensors", column: "model")
            .groups(by: "model")
        #expect(try groups.map { try $0.path() } == [folder["m/a.safetensors"], "/b.safetensors"])
    }
}
