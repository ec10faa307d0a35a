/// CRC-32 as on the wire, bit by bit: for the flaw that does not look at it.
enum Checksum {
    static func crc32(_ bytes: [UInt8]) -> [UInt8] {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return withUnsafeBytes(of: (~sum).littleEndian) { Array($0) }
    }
}
