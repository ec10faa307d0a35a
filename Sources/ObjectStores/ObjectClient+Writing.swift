import Foundation
import Storage

extension ObjectClient {
    /// What is sent in one request; larger objects are sent in parts.
    static let largestPut = 16 << 20
    private static let usualPart = 8 << 20
    /// S3 takes no more.
    private static let mostParts = 10_000

    /// Begins to write a small object, which is there whole or not at all. Another object at the address is replaced.
    /// - Throws: `ObjectStoreError` where the address is no object in a bucket.
    public func begin(writing bytes: [UInt8], to address: ObjectAddress, contentType: String) throws -> PendingWrite {
        try requireWritable(address)
        var request = ObjectRequest(.put, address)
        (request.body, request.contentType) = (bytes, contentType)
        return PendingWrite(begin(request))
    }

    /// Writes an object of any size, which is there whole or not at all. Another object at the address is replaced.
    /// - Throws: `ObjectStoreError` where it cannot be written; `StorageError` where its file cannot be read. Parts that were sent are
    ///   removed then.
    public func write(_ source: UploadSource, to address: ObjectAddress, contentType: String) throws {
        try requireWritable(address)
        try source.withParts { count, part in
            guard count > Self.largestPut else {
                return try begin(writing: part(0..<count), to: address, contentType: contentType).wait()
            }
            try writeParts(count, part, to: address, contentType)
        }
    }

    /// Removes an object. One that is not there is no error.
    /// - Throws: `ObjectStoreError` where the server does not remove it.
    public func remove(_ address: ObjectAddress) throws {
        try requireWritable(address)
        do {
            try perform(ObjectRequest(.delete, address))
        } catch let error as ObjectStoreError where error.kind == .absent {
            return
        }
    }

    private func requireWritable(_ address: ObjectAddress) throws {
        guard case .bucket = address, !address.isPrefix else {
            throw ObjectStoreError(
                address.text, .refused, "results are written to objects in buckets, as s3://BUCKET/KEY")
        }
    }

    private func writeParts(
        _ count: Int, _ part: (Range<Int>) throws -> [UInt8], to address: ObjectAddress, _ contentType: String
    ) throws {
        var beginning = ObjectRequest(.post, address)
        (beginning.query, beginning.contentType) = ([("uploads", "")], contentType)
        let upload = try MultipartUpload.identifier(in: perform(beginning).bytes, address)
        do {
            let size = max(Self.usualPart, (count + Self.mostParts - 1) / Self.mostParts)
            var tags: [EntityTag] = []
            for start in stride(from: 0, to: count, by: size) {
                var request = ObjectRequest(.put, address)
                request.query = [("partNumber", "\(tags.count + 1)"), ("uploadId", upload)]
                request.body = try part(start..<min(start + size, count))
                guard let tag = try perform(request).tag else {
                    throw ObjectStoreError(address.text, .refused, "the server does not name the part that it was sent")
                }
                tags.append(tag)
            }
            var completion = ObjectRequest(.post, address)
            (completion.query, completion.contentType) = ([("uploadId", upload)], "application/xml")
            completion.body = MultipartUpload.completion(tags)
            try MultipartUpload.requireCompleted(perform(completion).bytes, address)
        } catch {
            var abortion = ObjectRequest(.delete, address)
            abortion.query = [("uploadId", upload)]
            // What failed is the error to tell; parts that stay are removed by the bucket's own rules.
            _ = try? perform(abortion)
            throw error
        }
    }
}

/// A write that is under way.
public final class PendingWrite: Sendable {
    private let reply: PendingReply

    init(_ reply: PendingReply) { self.reply = reply }

    /// - Throws: `ObjectStoreError` where the object could not be written.
    public func wait() throws { _ = try reply.wait() }
}
