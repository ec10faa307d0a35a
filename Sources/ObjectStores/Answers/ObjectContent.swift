import Foundation

/// What a server says of an object, without its bytes.
public struct ObjectFacts: Equatable, Sendable {
    /// In bytes; nil where the server does not tell it.
    public let size: Int64?
    public let tag: EntityTag?
    public let lastModified: Date?
}

/// An object that was read, whole or a range of it.
public struct ObjectContent: Sendable {
    public let bytes: [UInt8]
    public let tag: EntityTag?
    /// Of the whole object, in bytes; nil where the server does not tell it.
    public let size: Int64?
}

/// An object as a listing has it.
public struct ListedObject: Equatable, Sendable {
    public let key: String
    public let size: Int64
    public let tag: EntityTag?

    package init(key: String, size: Int64, tag: EntityTag?) { (self.key, self.size, self.tag) = (key, size, tag) }
}
