/// What proves to an S3 server who asks. Printed, logged or dumped, it shows none of it.
public struct Credentials: Sendable, Equatable {
    package let accessKey: String
    package let secret: String
    /// Of credentials that end by themselves.
    package let token: String?

    package init(accessKey: String, secret: String, token: String?) {
        (self.accessKey, self.secret, self.token) = (accessKey, secret, token)
    }

    /// Whether a header can carry them: printable ASCII, on one line.
    package var areSound: Bool {
        [accessKey, secret, token ?? "-"].allSatisfy { text in
            (1...8192).contains(text.utf8.count) && text.utf8.allSatisfy { (33...126).contains($0) }
        }
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "credentials (not shown)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
