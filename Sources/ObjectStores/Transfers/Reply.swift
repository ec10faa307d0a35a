import CCurl

/// What one try of a request brought.
package struct Reply: Sendable {
    package var code: CURLcode
    /// libcurl's words, where it failed.
    package var message = ""
    /// Of HTTP; 0 where no answer came.
    package var status = 0
    package var tag: EntityTag?
    package var range: ContentRange?
    /// What the header said; nil where it said nothing.
    package var length: Int64?
    package var lastModified: Int64?
    /// In seconds.
    package var retryAfter: Double?
    /// Where the bucket is, by a header of S3.
    package var region: String?
    package var bytes: [UInt8] = []
    package var end: AnswerBody.End?

    package init(code: CURLcode) { self.code = code }
}
