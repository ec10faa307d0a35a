/// A number that follows from sums, and from the features of the images in them: those of two sums add up to that of both together. Equal
/// sums have equal ones; of different ones they differ, but for a chance below 2^-28. Below 2^61 - 1.
public struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    /// Fingerprints are added modulo this prime.
    public static let modulus: UInt64 = (1 << 61) - 1
    /// Of no images.
    public static let zero = Fingerprint(reducing: 0)

    public let value: UInt64

    /// - Parameter value: nil is returned where it is not below the modulus.
    public init?(_ value: UInt64) {
        guard value < Self.modulus else { return nil }
        self.value = value
    }

    /// - Parameter number: taken modulo the prime.
    package init(reducing number: UInt64) { value = number % Self.modulus }

    /// - Parameter hex: 16 hexadecimal digits; nil for anything else, and for a number that is too large.
    public init?(hex: String) {
        guard hex.utf8.count == 16, hex.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let value = UInt64(hex, radix: 16)
        else { return nil }
        self.init(value)
    }

    public static func + (a: Self, b: Self) -> Self { Fingerprint(reducing: a.value + b.value) }

    /// 16 lower-case hexadecimal digits.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Fingerprint: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let fingerprint = Fingerprint(hex: text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text.prefix(40))' is not a fingerprint of sums")
        }
        self = fingerprint
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
