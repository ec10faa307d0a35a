/// A page of a bucket's listing, as ListObjectsV2 answers it
/// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html).
package struct ListingPage: Equatable, Sendable {
    package private(set) var objects: [ListedObject] = []
    /// The continuation token for the next page; nil on the last page.
    package private(set) var continuation: String?

    /// No server gives more a page, and none is asked for more.
    package static let largest = 1000
    /// What the XML of a page may have, in bytes: a thousand keys of 1,024 bytes, each byte written as three, and what stands around them.
    package static let longestAnswer = 8 << 20

    /// - Throws: an error that says what makes no sense.
    package init(_ bytes: [UInt8]) throws {
        let reading = Reading()
        try XMLElements.read(bytes) { path, text in try reading.close(path, text) }
        guard reading.isListing else { throw XMLFault("it is no listing of a bucket") }
        if reading.isTruncated {
            guard let next = reading.next, !next.isEmpty else {
                throw XMLFault("it says that more follows, and not how to ask for it")
            }
            continuation = next
        }
        objects = try reading.found.map { try $0.object(isEncoded: reading.isEncoded) }
    }

    /// What was read so far. Whether keys are encoded may be said behind them.
    private final class Reading {
        var found: [Entry] = []
        var isListing = false
        var isTruncated = false
        var isEncoded = false
        var next: String?
        private var entry = Entry()

        func close(_ path: [String], _ text: String) throws {
            switch path.dropFirst() {
            case []: isListing = path == ["ListBucketResult"]
            case ["IsTruncated"]: isTruncated = text == "true"
            case ["EncodingType"]: isEncoded = text == "url"
            case ["NextContinuationToken"]: next = text
            case ["Contents", "Key"]: entry.key = text
            case ["Contents", "Size"]: entry.size = text
            case ["Contents", "ETag"]: entry.tag = text
            case ["Contents"]:
                guard found.count < largest else { throw XMLFault("a page of more than \(largest) objects") }
                found.append(entry)
                entry = Entry()
            default: break
            }
        }
    }

    private struct Entry {
        var key: String?
        var size: String?
        var tag: String?

        func object(isEncoded: Bool) throws -> ListedObject {
            guard let key, !key.isEmpty else { throw XMLFault("an object without a key") }
            guard let name = isEncoded ? PercentEncoding.decode(key, plusIsSpace: true) : key, !name.utf8.contains(0)
            else {
                throw XMLFault("the key '\(key.prefix(100))' is not percent-encoded UTF-8")
            }
            guard let size = size.flatMap({ Int64($0) }), size >= 0 else {
                throw XMLFault("the object '\(name.prefix(100))' has no size, or one that is no number")
            }
            return ListedObject(key: name, size: size, tag: tag.flatMap { EntityTag($0) })
        }
    }
}
