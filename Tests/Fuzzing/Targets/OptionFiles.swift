import CommandFiles

extension FuzzTarget {
    /// Options in YAML; and that a file which is written from them gives them again.
    static let optionFiles = FuzzTarget(
        "options",
        words: [
            "images", "shard-size", "trim", ": ", "- ", "\n", "[", "]", "{", "}", "&a", "*a", "!!str ", "!!binary ",
            "|", ">", "\"", "'", "\\x00",
            "\\u2028", "? ", "---", "...", "%YAML 1.2", "# ", "<<: ", "null", "~", "true", "0x1F", "\u{FEFF}", "\t",
        ]
    ) {
        [
            "images: [a, 'b c']\nshard-size: 32\ntrim: true\n",
            "images:\n- a\n- \"b\\u0041\"\n# note\nshard-size: |\n  text\n  more\n",
            "{\"images\": [\"x\"], shard-size: 1e3}", "? images\n: x\n---\n",
        ].map { Array($0.utf8) }
    } read: { bytes, _ in
        let options: [OptionCatalog.Option] = [
            .init(name: "images", isRepeating: true), .init(name: "shard-size"), .init(name: "trim", isFlag: true),
        ]
        let catalog = OptionCatalog(commands: ["fit": options + [.init(name: "config")]])
        let text = String(decoding: bytes, as: UTF8.self)
        func words(_ text: String) -> CommandWords? {
            try? CommandWords(["fit", "--config", "o"], catalog) { path, options in
                try CommandFile(text: text, path: path, options: options)
            }
        }
        guard let found = words(text) else { return }
        demand(found.words.allSatisfy { !$0.utf8.contains(0) }, "a word with a zero")
        guard let written = try? found.repetition(program: "p", path: "x"),
            written.utf8.count < CommandFile.longest / 2
        else {
            return
        }
        demand(words(written)?.words == found.words, "'\(written)' gives other options than it was written from")
    }
}
