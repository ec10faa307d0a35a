import CommandFiles
import Foundation
import Testing

@Suite struct CommandWordsTests {
    private let catalog = OptionCatalog(
        commands: [
            "fit": CommandFileTests.options + [
                .init(name: "verbose", isFlag: true), .init(name: "job", isPath: true),
                .init(name: "lists", isRepeating: true, isPath: true),
            ]
        ],
        short: ["v": "verbose"])

    private func words(_ given: [String], _ file: String = "") throws -> CommandWords {
        try CommandWords(given, catalog) { path, options in try CommandFile(text: file, path: path, options: options) }
    }

    @Test func theCommandLineWins() throws {
        let file = "images: [a, b]\nshard-size: 5\nthreshold: -3\ntrim: true\n"
        let all = try words(["fit", "--config", "o.yaml"], file)
        #expect(
            all.words == [
                "fit", "--images=a", "--images=b", "--shard-size=5", "--threshold=-3", "--trim", "--config", "o.yaml",
            ])
        let some = try words(["fit", "--images", "c", "--config=o.yaml", "--shard-size=7", "--trim"], file)
        #expect(
            some.words == ["fit", "--threshold=-3", "--images", "c", "--config=o.yaml", "--shard-size=7", "--trim"])
        #expect(try words(["fit", "--config=o.yaml"], "trim: false").words == ["fit", "--config=o.yaml"])
    }

    @Test(arguments: [
        [], ["--help"], ["fit"], ["other", "--config", "x"], ["--config", "x", "fit"], ["fit", "--shard-size", "3"],
    ])
    func withoutAFileNothingChanges(given: [String]) throws { #expect(try words(given).words == given) }

    @Test func errorsOfTheParserNameTheLine() throws {
        let all = try words(["fit", "--config", "o.yaml"], "trim: true\nshard-size: x\n")
        #expect(all.origin(of: "The value 'x' is invalid for '--shard-size=x'")?.contains("line 2: shard-size") == true)
        #expect(all.origin(of: "Missing expected argument '--job'") == nil)
    }

    /// What is written gives the same options when it is read.
    @Test(arguments: [
        "a", "a b", "", "-1", "1e-3", "true", "null", "~", "*.png", "&x", "# no", "ä\u{301}", "\"", "'", "a: b", "- a",
        "\\", "a\tb",
        "{x}", "@", "%x", "!tag", "08", "a\nb", "\u{1F600}", ": ", "? a", "\u{85}", "\u{2028}", " a ",
    ])
    func theFileRepeatsTheCommand(value: String) throws {
        let given = ["fit", "--images=\(value)", "--images=x", "--threshold=\(value)", "--trim", "-v", "--job=j"]
        let text = try #require(try words(given).repetition(program: "p", path: "/j/job.yaml"))
        #expect(text.hasPrefix("# p fit --config /j/job.yaml\n") && !text.contains("verbose"))
        let again = try words(["fit", "--config", "o.yaml"], text)
        let here = FileManager.default.currentDirectoryPath
        #expect(
            again.words == [
                "fit", "--images=\(value)", "--images=x", "--job=\(here)/j", "--threshold=\(value)", "--trim",
                "--config", "o.yaml",
            ], "\(text)")
    }

    @Test func pathsAreMadeAbsolute() throws {
        let given = [
            "fit", "--lists", "good/", "--lists", "/abs", "--lists", "s3://b/k/", "--lists", "https://h/l.csv",
        ]
        let text = try #require(try words(given).repetition(program: "p", path: "x"))
        let again = try words(["fit", "--config", "o"], text)
        let here = FileManager.default.currentDirectoryPath
        #expect(
            again.options.first { $0.option.name == "lists" }?.values == [
                here + "/good/", "/abs", "s3://b/k/", "https://h/l.csv",
            ])
    }
}
