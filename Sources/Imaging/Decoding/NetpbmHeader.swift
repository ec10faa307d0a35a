/// What a PBM, PGM or PPM file says before its pixels: `P` and a digit, width, height and, unless it is a bitmap, the largest
/// value, as decimal numbers between white space and comments.
struct NetpbmHeader {
    enum Color: Int {
        case bitmap = 1
        case gray = 2
        case rgb = 3
    }

    let color: Color
    /// Whether the pixels are decimal numbers as well.
    let isPlain: Bool
    let width: Int
    let height: Int
    /// The value of white, 1 to 65,535.
    let maximum: Int
    let pixelsAt: Int

    var samples: Int { width * height * (color == .rgb ? 3 : 1) }

    static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 3 && bytes[0] == UInt8(ascii: "P") && (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(bytes[1])
            && (NetpbmText.isSpace(bytes[2]) || bytes[2] == UInt8(ascii: "#"))
    }

    init(_ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits) throws {
        let digit = Int(bytes[1]) - 0x30
        guard let color = Color(rawValue: (digit - 1) % 3 + 1) else {
            throw ImageError.unsupported(name, "a Netpbm image of the kind P\(digit)")
        }
        (self.color, isPlain) = (color, digit < 4)
        var text = NetpbmText(bytes: bytes, at: 2)
        func next() throws -> Int {
            guard let number = text.number() else {
                throw ImageError.damaged(name, "Netpbm file", "its header has no number at byte \(text.at)")
            }
            return number
        }
        (width, height) = (try next(), try next())
        try limits.check(width: width, height: height, of: name)
        maximum = color == .bitmap ? 1 : try next()
        guard (1...65_535).contains(maximum) else {
            throw ImageError.damaged(name, "Netpbm file", "its largest value is \(maximum), and not 1 to 65,535")
        }
        guard text.at < bytes.count, NetpbmText.isSpace(bytes[text.at]) else {
            throw ImageError.damaged(name, "Netpbm file", "there is no space between its header and its pixels")
        }
        pixelsAt = text.at + 1
    }
}

/// Decimal numbers between white space and comments, which go from `#` to the end of the line.
struct NetpbmText {
    let bytes: UnsafeRawBufferPointer
    private(set) var at: Int

    init(bytes: UnsafeRawBufferPointer, at: Int) { (self.bytes, self.at) = (bytes, at) }

    /// The next number; nil where there is none, or one of more than nine digits.
    mutating func number() -> Int? {
        skipSpace()
        let start = at
        var value = 0
        while at < bytes.count, let digit = Self.digit(bytes[at]), at - start < 9 {
            value = 10 * value + digit
            at += 1
        }
        let isWhole = at == bytes.count || Self.digit(bytes[at]) == nil
        return at > start && isWhole ? value : nil
    }

    /// The next 0 or 1, which need no space between them.
    mutating func bit() -> Int? {
        skipSpace()
        guard at < bytes.count, let digit = Self.digit(bytes[at]), digit < 2 else { return nil }
        at += 1
        return digit
    }

    private mutating func skipSpace() {
        while at < bytes.count {
            if Self.isSpace(bytes[at]) {
                at += 1
            } else if bytes[at] == UInt8(ascii: "#") {
                while at < bytes.count, bytes[at] != 10, bytes[at] != 13 { at += 1 }
            } else {
                return
            }
        }
    }

    /// As C's isspace: a blank, or a tab, line feed, vertical tab, form feed or carriage return.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private static func digit(_ byte: UInt8) -> Int? { (0x30...0x39).contains(byte) ? Int(byte) - 0x30 : nil }
}
