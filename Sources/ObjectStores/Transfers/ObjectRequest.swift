import Foundation

/// A request for an object, whatever the server. It is the same at each try; signatures and time are not part of it.
package struct ObjectRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    package let method: Method
    package let address: ObjectAddress
    /// Of a bucket's request, not percent-encoded. A web address has its own.
    package var query: [(name: String, value: String)] = []
    package var body: [UInt8] = []
    package var contentType: String?
    /// The bytes that are wanted; nil: all.
    package var range: Range<Int64>?
    /// What the object's tag has to be.
    package var tag: EntityTag?
    /// The most bytes of an answer.
    package var limit: Int

    package init(_ method: Method, _ address: ObjectAddress, limit: Int = 1 << 20) {
        (self.method, self.address, self.limit) = (method, address, limit)
    }
}
