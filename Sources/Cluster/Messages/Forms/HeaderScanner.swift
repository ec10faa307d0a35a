import Storage

/// Reads values out of a header that `FormReader` has found to be of its form: what is checked there is not checked again.
struct HeaderScanner {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0

    /// Reads a header's only member, the message.
    /// - Returns: what `read` gives; nil where it has to be decoded in the general way.
    static func message<Message>(_ header: [UInt8], _ read: (inout HeaderScanner) -> Message?) -> Message? {
        header.withUnsafeBufferPointer { bytes in
            var scanner = HeaderScanner(bytes: bytes)
            var message: Message?
            let isRead = scanner.members { scanner, _ in
                message = read(&scanner)
                return message != nil
            }
            return isRead ? message : nil
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// A member's name, without quotes.
    struct Key {
        fileprivate let bytes: Slice<UnsafeBufferPointer<UInt8>>

        static func ~= (name: StaticString, key: Key) -> Bool {
            guard key.bytes.count == name.utf8CodeUnitCount else { return false }
            var place = key.bytes.startIndex
            for index in 0..<name.utf8CodeUnitCount {
                if key.bytes[place] != name.utf8Start[index] { return false }
                place += 1
            }
            return true
        }
    }

    // MARK: Objects and arrays

    /// Reads an object.
    /// - Parameter member: reads a member's value. If it gives false, nothing more is read.
    /// - Returns: whether all was read.
    mutating func members(_ member: (inout HeaderScanner, Key) -> Bool) -> Bool {
        guard take("{") else { return false }
        if take("}") { return true }
        repeat {
            skipSpace()
            guard let key = quoted(), take(":"), member(&self, Key(bytes: key)) else { return false }
        } while take(",")
        return take("}")
    }

    /// Reads an array, as `members`.
    mutating func elements(_ element: (inout HeaderScanner) -> Bool) -> Bool {
        guard take("[") else { return false }
        if take("]") { return true }
        repeat { guard element(&self) else { return false } } while take(",")
        return take("]")
    }

    // MARK: Values

    mutating func whole() -> Int64? {
        skipSpace()
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { place += 1 }
        let start = place
        var magnitude: Int64 = 0
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow, product < Int64.max - 10 else { return nil }
            magnitude = product + Int64(byte - UInt8(ascii: "0"))
            place += 1
        }
        return place > start ? (isNegative ? -magnitude : magnitude) : nil
    }

    /// - Returns: nil for what is no ordinary number of its type: too large, or so small that digits are lost.
    mutating func float() -> Float? {
        skipSpace()
        let start = place
        while let byte = next, byte == 0x2B || byte == 0x2D || byte == 0x2E || byte | 0x20 == 0x65 || isDigit(byte) {
            place += 1
        }
        let text = bytes[start..<place]
        guard let value = Float(String(decoding: text, as: UTF8.self)) else { return nil }
        return value.isNormal || text.elementsEqual(CollectionOfOne(UInt8(ascii: "0"))) ? value : nil
    }

    mutating func boolean() -> Bool? {
        skipSpace()
        guard let first = next, first == UInt8(ascii: "t") || first == UInt8(ascii: "f") else { return nil }
        place += first == UInt8(ascii: "t") ? 4 : 5
        return place <= bytes.count ? first == UInt8(ascii: "t") : nil
    }

    /// - Returns: nil for anything but a digest's digits; those that are written with escapes are read in the general way.
    mutating func contentDigest() -> ContentDigest? {
        skipSpace()
        return quoted().flatMap { ContentDigest(hex: String(decoding: $0, as: UTF8.self)) }
    }

    // MARK: Bytes

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    /// The bytes between two quotes. Keys have no escapes.
    private mutating func quoted() -> Slice<UnsafeBufferPointer<UInt8>>? {
        guard next == UInt8(ascii: "\"") else { return nil }
        let start = place + 1
        place = start
        while let byte = next, byte != UInt8(ascii: "\"") { place += 1 }
        guard next != nil else { return nil }
        place += 1
        return bytes[start..<place - 1]
    }
}
