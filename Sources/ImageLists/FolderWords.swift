/// What the name of a folder says of the images in it, as data sets and production lines name their folders.
enum FolderWords {
    enum Meaning: Sendable { case defective, mask, heldBack }

    /// A name that holds one of these means it, whatever else is in it.
    private static let strong: [(meaning: Meaning, words: Set<String>)] = [
        (.mask, ["groundtruth"]),
        (
            .defective,
            ["defect", "defects", "defective", "anomaly", "anomalies", "anomalous", "abnormal", "faulty", "defekt"]
        ),
    ]
    /// A name means one of these if nothing else is in it than `companions`: "test images", but not "test-stand-1".
    private static let weak: [(meaning: Meaning, words: Set<String>)] = [
        (
            .mask,
            [
                "gt", "mask", "masks", "label", "labels", "annotation", "annotations", "anno", "segmentation",
                "segmentations",
            ]
        ),
        (
            .defective,
            [
                "bad", "ng", "ko", "nok", "nio", "broken", "damaged", "fail", "failed", "fails", "fault", "faults",
                "reject", "rejected", "rejects", "scrap",
            ]
        ),
        (.heldBack, ["test", "tests", "testing", "testset"]),
    ]
    private static let companions: Set<String> = [
        "image", "images", "img", "imgs", "data", "set", "samples", "sample", "parts", "part", "pieces", "items",
        "photos",
        "pictures", "public", "private", "mixed", "split", "all", "a", "b",
    ]
    /// "defect-free", "no anomalies"; and "anomaly detection" is the name of a project.
    private static let negations: Set<String> = [
        "no", "non", "not", "free", "without", "zero", "detection", "inspection",
    ]
    private static let good: Set<String> = ["good", "ok", "io", "normal", "gut", "perfect"]
    private static let validation: Set<String> = ["val", "valid", "validation", "dev"]
    private static let train: Set<String> = ["train", "training"]
    /// Kinds of defects. They mean something only beside a folder of good parts.
    private static let kinds: Set<String> = [
        "bent", "blotch", "broken", "burr", "chip", "chipped", "chips", "combined", "contaminated", "contamination",
        "corrosion", "crack", "cracked", "cracks", "cut", "cuts", "damage", "damaged", "dent", "dents", "dirt", "dirty",
        "error", "errors", "flip", "fold", "glue", "hole", "holes", "imprint", "leak", "liquid", "manipulated",
        "misplaced",
        "missing", "oil", "pit", "pits", "poke", "pollution", "pore", "pores", "print", "rough", "rust", "scratch",
        "scratched", "scratches", "spot", "spots", "squeeze", "squeezed", "stain", "stains", "tear", "thread", "void",
        "wrong",
    ]

    /// - Parameter siblings: the names of the folders beside it.
    static func meaning(of name: String, among siblings: some Sequence<String>) -> Meaning? {
        let words = words(of: name)
        let joined = zip(words, words.dropFirst()).map { $0 + $1 } + words
        guard !words.contains(where: negations.contains) else {
            let isNotGood = zip(words, words.dropFirst()).contains { negations.contains($0) && good.contains($1) }
            return isNotGood ? .defective : nil
        }
        for (meaning, strong) in strong where joined.contains(where: strong.contains) { return meaning }
        for (meaning, weak) in weak where words.contains(where: weak.contains) {
            if words.allSatisfy({ weak.contains($0) || companions.contains($0) || good.contains($0) }) {
                return meaning
            }
        }
        let others = siblings.lazy.map { Self.words(of: $0) }
        if validation.contains(words.joined()), others.contains(where: { train.contains($0.joined()) }) {
            return .heldBack
        }
        if words.contains(where: kinds.contains), others.contains(where: { good.contains($0.joined()) }) {
            return .defective
        }
        return nil
    }

    /// Whether the folder holds normal images by its name.
    static func isGood(_ name: String) -> Bool { good.contains(words(of: name).joined()) }

    /// Whether the folder holds what is to be fitted by its name.
    static func isTraining(_ name: String) -> Bool { train.contains(words(of: name).joined()) }

    /// Whether the folder holds images to validate with by its name.
    static func isValidation(_ name: String) -> Bool { validation.contains(words(of: name).joined()) }

    /// Whether a folder's name is no more than "images" or "data".
    static func saysNothing(_ name: String) -> Bool {
        let words = words(of: name)
        return !words.isEmpty && words.allSatisfy(companions.contains)
    }

    /// The words of a name in lower case: "GroundTruth_02" has "ground" and "truth".
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var before: Character = " "
        for character in name {
            let isLetter = character.isLetter
            if !isLetter || character.isUppercase && before.isLowercase {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isLetter { word += character.lowercased() }
            before = character
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
