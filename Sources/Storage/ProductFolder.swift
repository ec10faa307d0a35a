/// The folder of a product's job below `by/` in a job's directory.
///
/// It follows from the product's name alone. A name of small letters, digits, `.`, `-` and `_` is its own folder. Of any other the folder
/// has what can be read of it and 12 digits of its SHA-256: no two names share a folder, not even where capital and small letters are the
/// same to the file system, and none leaves `by/`.
public enum ProductFolder {
    private static let longest = 64
    private static let digits = 12

    public static func name(of product: String) -> String {
        isPlain(product) ? product : readable(product) + "-" + Digest(of: product.utf8).hex.prefix(digits)
    }

    private static func isPlain(_ name: String) -> Bool {
        (1...longest).contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed)
            && name.utf8.first != UInt8(ascii: ".")
            && !endsLikeADigest(name)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Such a name could be the folder of another product.
    private static func endsLikeADigest(_ name: String) -> Bool {
        let end = name.utf8.suffix(digits + 1)
        return end.count == digits + 1 && end.first == UInt8(ascii: "-")
            && end.dropFirst().allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }

    /// Letters of ASCII keep their case; what is not allowed becomes `_`.
    private static func readable(_ name: String) -> String {
        let bytes = name.utf8.prefix(longest - digits - 1).map { byte in
            isAllowed(byte) || isAllowed(byte | 0x20) && byte < 0x80 && byte >= UInt8(ascii: "A")
                ? byte : UInt8(ascii: "_")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasPrefix(".") ? "_" + text.dropFirst() : text
    }
}
