/// What a CSV list says of an image in `label_index` and `label`, as a number: 0 is normal, anything else is not.
enum ListLabel {
    /// How people and programs write that an image is normal, and that it is not.
    private static let words: [(label: Int, words: [String])] = [
        (
            0,
            [
                "good", "normal", "ok", "io", "pass", "passed", "nominal", "defect free", "anomaly free", "no defect",
                "no anomaly", "false",
            ]
        ),
        (
            1,
            [
                "anomaly", "anomalous", "abnormal", "defect", "defective", "bad", "ng", "ko", "nok", "nio", "not ok",
                "not good", "no good", "fail", "failed", "faulty", "broken", "reject", "rejected", "true",
            ]
        ),
    ]

    /// What is understood, for messages.
    static let understood =
        "0, 0.0, False, good, ok or normal for a normal image, and 1, 1.0, True, anomaly, abnormal, defect, bad, ng or ko "
        + "for one that is not"

    private enum Reading {
        case label(Int)
        case nothing
        case notUnderstood
    }

    /// The label of a row. `label_index` decides; then `label` may also be the name of a kind of defect.
    /// - Throws: `ListError` where a value is not understood, or the two contradict each other.
    static func read(index: String?, name: String?, _ list: String, _ line: Int) throws -> Int? {
        let (number, word) = (read(index), read(name))
        switch (number, word) {
        case (.notUnderstood, _):
            throw ListError(list, line: line, "label_index is '\(index ?? "")'; understood are \(understood)")
        case (.nothing, .notUnderstood):
            throw ListError(
                list, line: line,
                "label is '\(name ?? "")'; understood are \(understood). The name of a kind of defect needs a column "
                    + "label_index beside it (0 normal, 1 not)")
        case (.label(let number), .label(let word)) where (number == 0) != (word == 0):
            throw ListError(
                list, line: line,
                "label_index is '\(index ?? "")', but label is '\(name ?? "")': which of them is right?")
        case (.label(let label), _), (.nothing, .label(let label)): return label
        case (.nothing, .nothing): return nil
        }
    }

    /// The kind of defect that `label` names; nil where it only says that the image is normal or is not.
    static func kind(_ name: String) -> String? {
        if case .notUnderstood = read(name) { return name }
        return nil
    }

    /// Numbers may be written as pandas writes a column that has gaps: `1.0`, and `nan` where it says nothing.
    private static func read(_ text: String?) -> Reading {
        guard let text, !text.isEmpty else { return .nothing }
        if let number = number(text) { return .label(number) }
        let word = text.lowercased().split { $0 == " " || $0 == "_" || $0 == "-" }.joined(separator: " ")
        if word == "nan" || word == "<na>" { return .nothing }
        guard let known = words.first(where: { $0.words.contains(word) }) else { return .notUnderstood }
        return .label(known.label)
    }

    /// A whole number from 0, perhaps with a point and zeros behind it.
    private static func number(_ text: String) -> Int? {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, whole.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            parts.dropFirst().allSatisfy({ $0.allSatisfy { $0 == UInt8(ascii: "0") } })
        else { return nil }
        return Int(Substring(whole))
    }
}
