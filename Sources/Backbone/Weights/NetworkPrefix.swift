/// What stands before the names of a network's tensors in the file of a larger one that has it as a part, beside a head, a decoder or a loss.
enum NetworkPrefix {
    private static let words: Set<Substring> = ["backbone", "encoder", "model", "module", "_orig_mod"]
    private static let mostWords = 3

    /// The prefixes that some of the names have; that of a file of the network alone, none, is the first.
    static func candidates(in names: [String]) -> [String] {
        var found: Set<String> = []
        for name in names {
            var prefix = ""
            for word in name.split(separator: ".", maxSplits: mostWords).prefix(mostWords) {
                guard words.contains(word), name.utf8.count > prefix.utf8.count + word.utf8.count else { break }
                prefix += word + "."
                found.insert(prefix)
            }
        }
        return [""] + found.sorted()
    }
}
