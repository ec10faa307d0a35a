import CommandFiles
import Foundation
import Terminal
import TestSupport
import Testing

@Suite struct CommandFileTests {
    static let options: [OptionCatalog.Option] = [
        .init(name: "images", isRepeating: true), .init(name: "shard-size"), .init(name: "threshold"),
        .init(name: "trim", isFlag: true),
        .init(name: "config"),
    ]

    private func read(_ text: String) throws -> CommandFile {
        try CommandFile(text: text, path: "o.yaml", options: Self.options)
    }

    @Test func optionsAreReadAsTheyStand() throws {
        let file = try read("# note\nshard-size: 032\nthreshold: 1e-3\nimages: [a, 'b c', \"d\"]\ntrim: true\n")
        #expect(file.entries.map(\.values) == [["032"], ["1e-3"], ["a", "b c", "d"], []])
        #expect(file.entries.map(\.line) == [2, 3, 4, 5])
        #expect(try read("images: one").entries.map(\.values) == [["one"]])
        #expect(try read("images:\n- a\n- b\n").entries.map(\.values) == [["a", "b"]])
        for empty in ["", "# nothing\n", "---\n"] { #expect(try read(empty).entries.isEmpty) }
    }

    @Test(arguments: [
        ("shard-siz: 3", "line 1", "shard-size"), ("a: 1", "line 1", "--help"), ("\n\ntrim: 3", "line 3", "trim: true"),
        ("trim:", "line 1", "trim: true"), ("shard-size: [1, 2]", "line 1", "not a list"),
        ("shard-size:", "line 1", "VALUE"),
        ("shard-size: {a: 1}", "line 1", "VALUE"), ("images: []", "line 1", "0 values"),
        ("images: [[a]]", "line 1", "list"),
        ("images: [a, null]", "line 1", "list"), ("- a", "line 1", "shard-size: 32"),
        ("text", "line 1", "shard-size: 32"),
        ("trim: true\ntrim: false", "line", "twice"), ("images: [a", "line", "no YAML"),
        ("config: x", "line 1", "command line only"), ("help: true", "line 1", "command line only"),
        ("confi: x", "line 1", "--help"),
        ("[a]: 1", "line 1", "no word"), ("x: &a 1", "line 1", "quotes"), ("a: 1\nb: *a", "line 2", "quotes"),
        ("? [x, *a]\n: 1", "line 1", "quotes"), ("trim: true\n---\ntrim: true", "line 2", "no YAML"),
        ("\u{0}", "o.yaml", "no YAML"),
        ("shard-size: \"a\\0b\"", "line 1", "VALUE"),
    ])
    func whatIsWrongIsSaid(_ text: String, _ line: String, _ words: String) {
        #expect {
            try read(text)
        } throws: { error in
            let said = "\(error)"
            return said.hasPrefix("o.yaml") && said.contains(line) && said.contains(words) && said.contains("; ")
                && (error as? CommandFileError)?.exitStatus == .wrongCommand
        }
    }

    /// References that stand for a billion values are refused before anything is read.
    @Test func referencesAreRefused() {
        var bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        for (letter, before) in zip("bcdefghij", "abcdefghi") {
            bomb += "\(letter): &\(letter) [\(Array(repeating: "*\(before)", count: 10).joined(separator: ", "))]\n"
        }
        #expect(throws: CommandFileError.self) { try read(bomb) }
        // In quotes these signs are texts.
        #expect(throws: Never.self) { try read("images: ['*.tar', \"&x\"]") }
    }

    @Test func aFileHasABound() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/o.yaml"
        try Data(("#" + String(repeating: "x", count: CommandFile.longest)).utf8).write(to: URL(fileURLWithPath: path))
        for file in [path, folder.path, folder.path + "/none", "/dev/zero"] {
            #expect {
                try CommandFile(path: file, options: Self.options)
            } throws: { "\($0)".hasPrefix(file) }
        }
    }
}
