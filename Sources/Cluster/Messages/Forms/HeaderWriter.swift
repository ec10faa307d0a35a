import Storage

/// Writes the headers of the messages that are said most often, byte for byte as the general encoder does, at a fraction of its cost.
struct HeaderWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 128) { bytes.reserveCapacity(capacity) }

    mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func whole(_ number: Int64) {
        guard number >= 0 else {
            bytes.append(contentsOf: String(number).utf8)
            return
        }
        var (rest, start) = (number, bytes.count)
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        // The digits came from the last to the first.
        var end = bytes.count - 1
        while start < end {
            bytes.swapAt(start, end)
            (start, end) = (start + 1, end - 1)
        }
    }

    mutating func wholes<Thing>(_ numbers: [Identifier<Thing>]) {
        raw("[")
        for (place, number) in numbers.enumerated() {
            if place > 0 { raw(",") }
            whole(number.rawValue)
        }
        raw("]")
    }

    /// - Returns: whether it could be written: it has nothing to escape.
    mutating func string(_ text: String) -> Bool {
        var text = text
        raw("\"")
        let isPlain = text.withUTF8 { characters -> Bool in
            for byte in characters where byte < 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C { return false }
            bytes.append(contentsOf: characters)
            return true
        }
        raw("\"")
        return isPlain
    }
}
