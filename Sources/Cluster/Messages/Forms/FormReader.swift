/// Walks a header once and compares it with its form, before it is decoded.
///
/// It takes JSON as RFC 8259 has it and nothing else, and of that only what the form allows. What recurses is the form, not the input; of
/// values of any form the depth has a bound.
struct FormReader {
    /// What is wrong, and where.
    struct Fault: Error {
        var place: [String] = []
        let reason: String

        init(_ reason: String) { self.reason = reason }

        func inside(_ name: String) -> Fault {
            var fault = self
            fault.place.insert(name, at: 0)
            return fault
        }

        var words: String { place.isEmpty ? reason : "\(place.joined(separator: ".")): \(reason)" }
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var depth = 0

    /// - Returns: the only key of the outermost object where its form is a choice, else nothing.
    /// - Throws: `Fault` where the header has another form.
    @discardableResult
    static func check(_ header: [UInt8], _ form: Form) throws(Fault) -> String {
        let result = header.withUnsafeBufferPointer { bytes -> Result<String, Fault> in
            var reader = FormReader(bytes: bytes)
            do throws(Fault) {
                let name = try reader.value(form)
                reader.skipSpace()
                guard reader.place == bytes.count else { throw Fault("something stands behind the object") }
                return .success(name)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// - Returns: the key of a choice, else nothing.
    @discardableResult
    private mutating func value(_ form: Form) throws(Fault) -> String {
        skipSpace()
        if next == UInt8(ascii: "n") {
            if case .any = form {} else { throw Fault("null stands there; a field without a value is left out") }
        }
        switch form {
        case .whole: try whole()
        case .number: try number()
        case .boolean: try boolean()
        case .string, .digest: try string()
        case .array(let element): try array { (reader) throws(Fault) in try reader.value(element) }
        case .object(let form): try object(form)
        case .choice(_, let choices): return try choice(choices)
        case .any: try anything()
        }
        return ""
    }

    // MARK: Objects and arrays

    private mutating func object(_ form: ObjectForm) throws(Fault) {
        var seen: UInt64 = 0
        // The encoder writes the fields in this order, so that the next one is nearly always the one that follows.
        var expected = 0
        try members { (reader, key) throws(Fault) in
            let count = form.fields.count
            var index = expected
            for _ in 0..<count {
                if index >= count { index = 0 }
                if reader.equals(key, form.fields[index].bytes) { break }
                index += 1
            }
            guard index < count, reader.equals(key, form.fields[index].bytes) else {
                guard form.isOpen else { throw Fault("the field '\(reader.text(key))' is unknown") }
                return try reader.anything()
            }
            let field = form.fields[index]
            guard seen & 1 << UInt64(index) == 0 else { throw Fault("the field '\(field.name)' stands twice") }
            seen |= 1 << UInt64(index)
            expected = index + 1
            do throws(Fault) {
                try reader.value(field.form)
            } catch {
                throw error.inside(field.name)
            }
        }
        let missing = form.required & ~seen
        guard missing == 0 else { throw Fault("has no '\(form.fields[missing.trailingZeroBitCount].name)'") }
    }

    private mutating func choice(_ choices: [ObjectForm]) throws(Fault) -> String {
        var chosen: ObjectForm?
        try members { (reader, key) throws(Fault) in
            guard let form = choices.first(where: { reader.equals(key, $0.name.utf8) }) else {
                throw Fault("'\(reader.text(key))' is unknown")
            }
            guard chosen == nil else { throw Fault("there is more than one key") }
            chosen = form
            do throws(Fault) {
                try reader.value(.object(form))
            } catch {
                throw error.inside(form.name)
            }
        }
        guard let chosen else { throw Fault("there is no key") }
        return chosen.name
    }

    /// - Parameter member: reads a member's value. The key has the range, without quotes.
    private mutating func members(
        _ member: (inout FormReader, Range<Int>) throws(Fault) -> Void
    ) throws(Fault) {
        try open("{", "an object")
        if close("}") { return }
        while true {
            skipSpace()
            let start = place + 1
            try string()
            let key = start..<place - 1
            skipSpace()
            guard take(":") else { throw Fault("a colon is missing behind '\(text(key))'") }
            skipSpace()
            try member(&self, key)
            if close("}") { return }
            try comma()
        }
    }

    private mutating func array(_ element: (inout FormReader) throws(Fault) -> Void) throws(Fault) {
        try open("[", "an array")
        if close("]") { return }
        while true {
            try element(&self)
            if close("]") { return }
            try comma()
        }
    }

    private mutating func anything() throws(Fault) {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): try members { (reader, _) throws(Fault) in try reader.anything() }
        case UInt8(ascii: "["): try array { (reader) throws(Fault) in try reader.anything() }
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "t"), UInt8(ascii: "f"): try boolean()
        case UInt8(ascii: "n"): guard take("null") else { throw Fault("there is no value") }
        default: try number()
        }
    }

    // MARK: Strings, numbers, truth

    /// Whether its bytes are UTF-8, and its escapes name characters, is left to the decoder.
    private mutating func string() throws(Fault) {
        guard take("\"") else { throw Fault("a string is due") }
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape()
            case 0..<0x20: throw Fault("a string has a control character that is not escaped")
            default: break
            }
        }
        throw Fault("a string does not end")
    }

    private mutating func escape() throws(Fault) {
        guard let kind = next else { throw Fault("a string does not end") }
        place += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = next, Character(UnicodeScalar(digit)).isHexDigit, digit < 0x80 else {
                    throw Fault("a string has an escape that JSON does not have")
                }
                place += 1
            }
        default: throw Fault("a string has an escape that JSON does not have")
        }
    }

    private mutating func whole() throws(Fault) {
        let isNegative = take("-")
        let start = place
        var magnitude: UInt64 = 0
        while let digit = digit() {
            magnitude = magnitude * 10 + digit
            guard magnitude < 1 << 53 else { throw Fault("a number is 2^53 or more in magnitude") }
        }
        guard place > start else { throw Fault("a whole number is due") }
        guard bytes[start] != UInt8(ascii: "0") || (place == start + 1 && !isNegative) else {
            throw Fault("a whole number begins with 0")
        }
        guard next != UInt8(ascii: "."), next != UInt8(ascii: "e"), next != UInt8(ascii: "E") else {
            throw Fault("a whole number is due, in digits only")
        }
    }

    private mutating func number() throws(Fault) {
        _ = take("-")
        let start = place
        try digits()
        guard bytes[start] != UInt8(ascii: "0") || place == start + 1 else { throw Fault("a number begins with 0") }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(Fault) {
        let start = place
        while digit() != nil {}
        guard place > start else { throw Fault("a number is due") }
    }

    private mutating func digit() -> UInt64? {
        guard let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        place += 1
        return UInt64(byte - UInt8(ascii: "0"))
    }

    private mutating func boolean() throws(Fault) {
        guard take("true") || take("false") else { throw Fault("true or false is due") }
    }

    // MARK: Bytes

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    /// Goes over the text if it stands here.
    private mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard place + count <= bytes.count else { return false }
        for index in 0..<count where bytes[place + index] != text.utf8Start[index] { return false }
        place += count
        return true
    }

    private mutating func open(_ bracket: StaticString, _ what: String) throws(Fault) {
        guard take(bracket) else { throw Fault("\(what) is due") }
        depth += 1
        guard depth <= Wire.deepestNesting else { throw Fault("it is nested too deep") }
    }

    private mutating func close(_ bracket: StaticString) -> Bool {
        skipSpace()
        guard take(bracket) else { return false }
        depth -= 1
        return true
    }

    private mutating func comma() throws(Fault) {
        skipSpace()
        guard take(",") else { throw Fault("a comma or the end of the object is due") }
        skipSpace()
        guard next != UInt8(ascii: "}"), next != UInt8(ascii: "]") else { throw Fault("a comma stands before the end") }
    }

    private func equals(_ key: Range<Int>, _ name: some Collection<UInt8>) -> Bool {
        key.count == name.count && zip(bytes[key], name).allSatisfy(==)
    }

    /// For a fault's words.
    private func text(_ key: Range<Int>) -> String {
        ReportedText.cleaned(String(decoding: bytes[key].prefix(200), as: UTF8.self), most: 60)
    }
}
