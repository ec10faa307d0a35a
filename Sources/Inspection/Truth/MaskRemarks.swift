import Imaging

/// What is to be said about a truth's masks: of each kind how many there are, and the first.
struct MaskRemarks {
    /// Masks that count, but may not be meant as they were understood.
    private var understood: [MaskRemark: (count: Int, first: String)] = [:]
    /// Masks of anomalous images that mark nothing.
    private var empty = (count: 0, first: "")
    /// Masks whose marks are not within the map.
    private var outside = (count: 0, first: "")

    mutating func note(_ remark: MaskRemark, _ mask: String) {
        understood[remark, default: (0, mask)].count += 1
    }

    mutating func noteEmpty(_ mask: String) { Self.count(mask, &empty) }

    mutating func noteOutside(_ mask: String) { Self.count(mask, &outside) }

    private static func count(_ mask: String, _ found: inout (count: Int, first: String)) {
        if found.count == 0 { found.first = mask }
        found.count += 1
    }

    var lines: [String] {
        var lines = MaskRemark.allCases.compactMap { remark in
            understood[remark].map { Self.line($0, Self.words(remark)) }
        }
        if empty.count > 0 {
            lines.append(Self.line(empty, "of anomalous images mark no pixel, and are left out"))
        }
        if outside.count > 0 {
            let why =
                "outside the part that the network sees, or the region of interest, or smaller than a pixel of the map"
            lines.append(Self.line(outside, "mark nothing that the map shows (\(why)), and are left out"))
        }
        return lines
    }

    private static func line(_ found: (count: Int, first: String), _ words: String) -> String {
        "\(found.count) masks \(words); the first is \(found.first)"
    }

    private static func words(_ remark: MaskRemark) -> String {
        switch remark {
        case .lossy:
            "are JPEG or lossy WebP, whose edges are smeared: what is at least half as bright as white is taken as defective; PNG is better"
        case .palette:
            "have a palette whose index 0 is not black: index 0 is taken as the background, whatever its colour"
        case .transparency: "are of one colour: what is not transparent is taken as defective"
        }
    }
}
