import Storage

/// What a request asks for.
public enum StatusRoute: Equatable, Sendable {
    case page
    case style
    case script
    case icon
    case json
    case metrics
    case thumbnail(ImageID)

    /// - Parameter path: percent-encoding is resolved.
    public init?(path: String) {
        switch path {
        case "/": self = .page
        case "/status.css": self = .style
        case "/status.js": self = .script
        case "/status.svg": self = .icon
        case "/api/status": self = .json
        case "/metrics": self = .metrics
        default:
            guard let image = Self.image(path) else { return nil }
            self = .thumbnail(image)
        }
    }

    /// The path of an image's thumbnail.
    public static func path(ofThumbnail image: ImageID) -> String { "\(folder)\(image.rawValue)\(ending)" }

    private static let (folder, ending) = ("/thumbnails/", ".jpg")

    private static func image(_ path: String) -> ImageID? {
        guard path.utf8.count <= 40, path.hasPrefix(folder), path.hasSuffix(ending) else { return nil }
        let digits = path.dropFirst(folder.count).dropLast(ending.count)
        guard !digits.isEmpty, digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let number = Int64(digits), String(number) == digits
        else { return nil }
        return ImageID(rawValue: number)
    }
}
