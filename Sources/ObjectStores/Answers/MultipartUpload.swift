/// What is said while an object is sent in parts
/// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
package enum MultipartUpload {
    private static let longestIdentifier = 1024

    /// The upload's name, out of the answer to its beginning.
    package static func identifier(in answer: [UInt8], _ address: ObjectAddress) throws -> String {
        let found = Found()
        do {
            try XMLElements.read(answer) { path, text in
                if path == ["InitiateMultipartUploadResult", "UploadId"] { found.text = text }
            }
        } catch {
            throw ObjectStoreError(address.text, .refused, "the server's answer to an upload cannot be read: \(error)")
        }
        guard (1...longestIdentifier).contains(found.text.utf8.count) else {
            throw ObjectStoreError(address.text, .refused, "the server does not name the upload that it began")
        }
        return found.text
    }

    /// The request that makes an object of the parts.
    package static func completion(_ tags: [EntityTag]) -> [UInt8] {
        let parts = tags.enumerated().map { index, tag in
            let escaped = tag.text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(
                ">", with: "&gt;")
            return "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(escaped)</ETag></Part>"
        }
        return Array("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8)
    }

    /// Servers answer with status 200 before they know whether the object can be made of its parts.
    package static func requireCompleted(_ answer: [UInt8], _ address: ObjectAddress) throws {
        let refusal = ServerRefusal(answer)
        guard refusal.code.isEmpty else {
            throw ObjectStoreError(
                address.text, .refused, "the server could not join the parts (\(refusal.code)): \(refusal.message)")
        }
    }

    private final class Found { var text = "" }
}
