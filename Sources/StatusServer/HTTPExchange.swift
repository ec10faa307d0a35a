/// A request, as far as anybody may see it: it has no body, and of its head only what is asked for here.
public struct HTTPRequest: Sendable {
    public let method: String
    /// Without the query; percent-encoding is resolved.
    public let path: String
    public let host: String?
    public let authorization: String?
}

public struct HTTPAnswer: Sendable {
    public var status: UInt32
    public var fields: [(name: String, value: String)]
    public var body: HTTPBody

    public init(status: UInt32, fields: [(name: String, value: String)], body: HTTPBody) {
        (self.status, self.fields, self.body) = (status, fields, body)
    }
}
