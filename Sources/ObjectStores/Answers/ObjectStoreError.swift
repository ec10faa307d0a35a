import Storage

/// A request to an object store or a web server that failed: of which object, and why, with what to do about it.
public struct ObjectStoreError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        /// There is no such object, or no such bucket.
        case absent
        /// The server lets nobody, or not these credentials, do it.
        case denied
        /// The object is another than the one that was listed.
        case changed
        /// It has more bytes than are read, or fewer than were asked for.
        case size
        /// The server did not answer, or was busy, for as long as was waited.
        case unreachable
        /// The server says that the request is wrong, or answers what makes no sense.
        case refused
    }

    public let address: String
    public let kind: Kind
    public let reason: String

    package init(_ address: String, _ kind: Kind, _ reason: String) {
        (self.address, self.kind, self.reason) = (address, kind, reason)
    }

    public var isEnvironmental: Bool { kind == .unreachable || kind == .denied }

    public var description: String { "\(address): \(reason)" }
}
