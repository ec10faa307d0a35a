/// Takes out of texts what says where on a machine or in a store something lies: of an absolute path and of an address only the last name
/// stays, and nothing of a query, which may hold a signature.
public enum PathVeil {
    private static let schemes = ["s3://", "http://", "https://", "file://", "tcp://", "~/", "/"].map { Array($0.utf8) }
    /// What ends a place. Names may have spaces: whoever knows the name of what a text is about replaces it first.
    private static let ends = Set(" \t\r\n'\"`<>|,;()[]{}".utf8)
    /// What a relative path may have before a slash. Letters beyond ASCII are not among them: rather too much is taken out than too little.
    private static let inWords = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-~/\\%+".utf8)

    /// A text as it may be shown to whoever sees the page.
    public static func veiled(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var shown: [UInt8] = []
        var place = 0
        var isAtBeginning = true
        while place < bytes.count {
            let rest = bytes[place...]
            if isAtBeginning, schemes.contains(where: { rest.starts(with: $0) }) {
                let end = rest.firstIndex(where: ends.contains) ?? bytes.endIndex
                shown += shortened(bytes[place..<end])
                place = end
            } else {
                shown.append(bytes[place])
                place += 1
            }
            isAtBeginning = place == 0 || !inWords.contains(bytes[place - 1])
        }
        return String(decoding: shown, as: UTF8.self)
    }

    private static func shortened(_ place: ArraySlice<UInt8>) -> [UInt8] {
        let name = place.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        // What ends a sentence is no part of a name.
        let end =
            name.lastIndex { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ".") }.map { $0 + 1 } ?? name.startIndex
        let ending = name.endIndex == place.endIndex ? name[end...] : []
        let parts = name[..<end].split(separator: UInt8(ascii: "/"))
        // Of an address the first two parts are the scheme and the host or bucket.
        let isAddress = name.contains(UInt8(ascii: ":")) && parts.first?.last == UInt8(ascii: ":")
        let last = isAddress && parts.count <= 2 ? [] : parts.last ?? []
        return Array("…/".utf8) + last + ending
    }
}
