/// Where an image's bytes are: the value is the same in lists, in the journal, in messages, in the decoder and in results.
///
/// A new kind of location is a case here, which the compiler then asks for wherever bytes are read.
public enum ImageLocation: Sendable {
    /// A file, by its path from the root.
    case file(String)

    /// The location that a journal or message names.
    public init(text: String) { self = .file(text) }

    /// The location as journals, messages and tables have it: of a file, its path.
    public var text: String {
        switch self {
        case .file(let path): path
        }
    }
}

/// Locations are equal byte by byte: file names that differ only in how an accent is composed are two files, while `String` holds
/// them equal.
extension ImageLocation: Hashable {
    public static func == (left: ImageLocation, right: ImageLocation) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ImageLocation: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(text: try decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension ImageLocation: CustomStringConvertible {
    public var description: String { text }
}
