/// The number by which a job knows one of its things. Numbers of different things are different types, so that none is taken for another.
/// In the journal and in messages an identifier is its number.
@frozen public struct Identifier<Thing>: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int64

    @inlinable public init(rawValue: Int64) { self.rawValue = rawValue }

    @inlinable public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }

    @inlinable public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }

    /// The one after it. Not to be asked of the highest number there is.
    @inlinable public var next: Self { advanced(by: 1) }
}

/// A range of identifiers is a collection of them. Who makes one checks first that its bounds, if they come from outside, are far from the
/// highest number.
extension Identifier: Strideable {
    @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// So many after it.
    @inlinable public func advanced(by count: Int) -> Self { Self(rawValue: rawValue + Int64(count)) }

    @inlinable public func distance(to other: Self) -> Int { Int(other.rawValue - rawValue) }
}

extension Identifier: CustomStringConvertible {
    public var description: String { String(rawValue) }
}

extension Identifier: ExpressibleByIntegerLiteral {
    @inlinable public init(integerLiteral value: Int64) { rawValue = value }
}

extension Identifier: Codable {
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }
}

/// What identifiers are of.
public enum Identified {
    public enum Image {}
    public enum Shard {}
    public enum Partial {}
    public enum Session {}
    public enum Lease {}
    public enum Upload {}
}

/// An image of a job. The images of a role follow one another.
public typealias ImageID = Identifier<Identified.Image>
/// A shard of a job; never used twice in it.
public typealias ShardID = Identifier<Identified.Shard>
/// A partial that the journal has taken up.
public typealias PartialID = Identifier<Identified.Partial>
/// A worker's conversation with one coordinator: a number that nobody guesses.
public typealias SessionID = Identifier<Identified.Session>
/// The right to work on a shard. Within a job leases rise, and none is used twice.
public typealias LeaseID = Identifier<Identified.Lease>
/// A worker's handing over of its sums. Within a job uploads rise, and none is used twice.
public typealias UploadID = Identifier<Identified.Upload>
