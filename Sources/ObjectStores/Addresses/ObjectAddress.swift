/// Where an object is: `s3://bucket/key`, or `http(s)://host/path?query`.
public enum ObjectAddress: Sendable {
    case bucket(BucketAddress)
    case web(WebAddress)

    /// - Throws: `ObjectAddressError` where the text is no address, holds credentials, or is of a scheme that is not read.
    public init(_ text: String) throws {
        switch Self.scheme(of: text) {
        case "s3": self = .bucket(try BucketAddress(text))
        case "http", "https": self = .web(try WebAddress(text))
        case "gs":
            throw ObjectAddressError(
                text,
                "give it as s3://BUCKET/KEY, with AWS_ENDPOINT_URL=https://storage.googleapis.com and an HMAC key of the bucket "
                    + "as credentials")
        default:
            throw ObjectAddressError(
                text, "objects are read from s3://BUCKET/KEY, http://HOST/PATH and https://HOST/PATH")
        }
    }

    /// Whether a text is meant as an address and not as a file's path: it begins with the scheme of an object store or a web server.
    public static func isAddress(_ text: String) -> Bool {
        scheme(of: text).map { ["s3", "gs", "http", "https"].contains($0) } ?? false
    }

    /// What stands before `://`, in lower case.
    private static func scheme(of text: String) -> String? {
        let name = text.utf8.prefix(20).prefix { byte in
            switch byte | 0x20 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): true
            default: byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
            }
        }
        guard let first = name.first, first > UInt8(ascii: "9"),
            text.utf8.dropFirst(name.count).starts(with: "://".utf8)
        else { return nil }
        return String(decoding: name, as: UTF8.self).lowercased()
    }

    /// The address as lists, journals and messages have it. Two addresses of one text are one object.
    public var text: String {
        switch self {
        case .bucket(let address): address.text
        case .web(let address): address.text
        }
    }

    /// The server and the path on it, as people read it: bucket and key, or host and path. Nothing is percent-encoded, and there is no query.
    public var path: String {
        switch self {
        case .bucket(let address): address.bucket + "/" + address.key
        case .web(let address): address.authority + (PercentEncoding.decode(address.path) ?? address.path)
        }
    }

    /// Whether it names a prefix of keys, or a folder of a web server, and no object.
    public var isPrefix: Bool { path.utf8.last == UInt8(ascii: "/") }

    /// Where an entry of a list is, which is at this address.
    ///
    /// - Parameter entry: an address, or a path relative to the list, or from the root of its bucket or server where it begins with a slash.
    ///   Of a path nothing is percent-encoded: a list has the same text in a folder, in a bucket and on a web server.
    /// - Throws: `ObjectAddressError` where it names no object.
    public func resolving(_ entry: String) throws -> ObjectAddress {
        guard Self.scheme(of: entry) == nil else { return try ObjectAddress(entry) }
        let reference = RelativeReference(entry, in: text)
        switch self {
        case .bucket(let address): return .bucket(try address.resolving(reference))
        case .web(let address): return .web(try address.resolving(reference))
        }
    }
}

/// Addresses are equal byte by byte, as keys are: `String` holds accents that are composed differently equal.
extension ObjectAddress: Hashable {
    public static func == (left: ObjectAddress, right: ObjectAddress) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ObjectAddress: CustomStringConvertible {
    public var description: String { text }
}
