import COpenSSL
import Storage

/// SHA-256 with a key (HMAC, RFC 2104), by OpenSSL.
enum Keyed {
    /// - Returns: 32 bytes.
    static func digest(of text: String, key: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        let bytes = Array(text.utf8)
        HMAC(EVP_sha256(), key, Int32(clamping: key.count), bytes, bytes.count, &result, &count)
        return result
    }
}
