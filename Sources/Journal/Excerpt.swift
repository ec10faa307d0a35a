/// A setting's value as a message shows it: whole where it is short, else the part in which it differs from another.
struct Excerpt {
    private static let longest = 48
    private let words: [Substring]?

    /// - Parameter value: nil where it is not set.
    init(_ value: String?) { words = value?.split(separator: " ", omittingEmptySubsequences: false) }

    func text(beside other: Excerpt) -> String {
        guard let words else { return "not set" }
        let whole = words.joined(separator: " ")
        if whole.count <= Self.longest { return whole }
        guard words.count > 1 else { return Self.piece(of: words[0], beside: other.words?.first ?? "") }
        let same = zip(words, other.words ?? []).prefix { $0 == $1 }.count
        let shown = words.dropFirst(same).prefix(4).map { Self.piece(of: $0, beside: "") }
        let text = (same > 0 ? ["..."] : []) + shown + (same + shown.count < words.count ? ["..."] : [])
        return text.joined(separator: " ") + " (\(words.count) values)"
    }

    /// Of one long word, say a digest.
    private static func piece(of word: Substring, beside other: Substring) -> String {
        if word.count <= longest { return String(word) }
        let same = zip(word, other).prefix { $0 == $1 }.count
        let start = same < 16 ? 0 : same
        let shown = word.dropFirst(start).prefix(16)
        return (start > 0 ? "..." : "") + shown + (start + shown.count < word.count ? "..." : "")
    }
}
