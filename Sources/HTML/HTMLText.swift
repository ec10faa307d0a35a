/// Text as HTML has it.
public enum HTMLText {
    /// Escapes Unicode scalar by scalar. By `Character` a quote or an angle bracket would get through that a combining mark follows.
    public static func escape(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    /// A name as people are shown it: characters that are not seen, that break lines, or that turn the direction of what follows are told by
    /// their numbers, so that no name looks like another one.
    public static func visible(_ name: String) -> String {
        // Most names are printable ASCII, and there may be very many.
        if name.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return name }
        guard name.unicodeScalars.contains(where: isHidden) else { return name }
        var shown = String.UnicodeScalarView()
        for scalar in name.unicodeScalars {
            guard isHidden(scalar) else {
                shown.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16, uppercase: true)
            shown.append(
                contentsOf: "⟨U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)⟩".unicodeScalars)
        }
        return String(shown)
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
