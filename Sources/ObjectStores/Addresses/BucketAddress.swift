/// An object in a bucket of an S3 server, or a prefix of objects' keys there.
public struct BucketAddress: Sendable {
    public let bucket: String
    /// As the server has it, not percent-encoded. Empty: the whole bucket.
    public let key: String

    static let scheme = "s3://"
    private static let longestKey = 1024

    /// - Throws: `ObjectAddressError` where the server could have no such bucket or key.
    public init(bucket: String, key: String) throws {
        let text = Self.scheme + bucket + "/" + key
        guard !bucket.utf8.contains(UInt8(ascii: "@")) else {
            throw ObjectAddressError(
                text, "an address holds no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            )
        }
        guard (1...255).contains(bucket.utf8.count), bucket.utf8.allSatisfy(Self.mayBeInName), bucket != ".",
            bucket != ".."
        else {
            throw ObjectAddressError(
                text, "'\(bucket.prefix(80))' is no bucket's name; an address is written s3://BUCKET/KEY")
        }
        guard key.utf8.count <= Self.longestKey else {
            throw ObjectAddressError(text, "a key of \(key.utf8.count) bytes, where S3 has at most \(Self.longestKey)")
        }
        guard !key.utf8.contains(0) else { throw ObjectAddressError(text, "a key with a zero byte") }
        (self.bucket, self.key) = (bucket, key)
    }

    /// - Parameter text: begins with the scheme, in letters of any case.
    init(_ text: String) throws {
        let rest = text.utf8.dropFirst(Self.scheme.utf8.count)
        let slash = rest.firstIndex(of: UInt8(ascii: "/"))
        try self.init(
            bucket: String(Substring(rest[..<(slash ?? rest.endIndex)])),
            key: slash.map { String(Substring(rest[$0...].dropFirst())) } ?? "")
    }

    public var text: String { Self.scheme + bucket + "/" + key }

    /// An object whose key is joined of the folder that holds this one, and of a relative path.
    func resolving(_ path: RelativeReference) throws -> BucketAddress {
        try BucketAddress(bucket: bucket, key: path.joined(to: key).joined(separator: "/"))
    }

    private static func mayBeInName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
