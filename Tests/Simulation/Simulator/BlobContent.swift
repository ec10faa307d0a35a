import Cluster
import Storage

/// A file that workers fetch. Its pieces are of the real size, but shared, and told apart by their first bytes.
struct BlobContent {
    let blob: Blob
    let tag: UInt64

    static let pieceBytes: Int64 = 1 << 20

    /// - Parameter byteCount: zero for the smallest.
    init(tag: UInt64, byteCount: Int64) {
        self.tag = tag
        let name = withUnsafeBytes(of: tag) { Digest(of: $0) }
        blob = Blob(digest: name, byteCount: byteCount, path: "/blob")
    }

    var pieces: Int { Int((blob.byteCount + Self.pieceBytes - 1) / Self.pieceBytes) }

    func piece(offset: Int64, count: Int) -> [UInt8] {
        if count == Int(Self.pieceBytes) { return Self.whole }
        var bytes = [UInt8](repeating: 0, count: count)
        mark(offset, &bytes)
        return bytes
    }

    func isPiece(_ bytes: [UInt8], at offset: Int64) -> Bool {
        bytes.count == Int(Self.pieceBytes)
            ? bytes[5] == 1 && bytes[77_777] == 0 : bytes == piece(offset: offset, count: bytes.count)
    }

    private func mark(_ offset: Int64, _ bytes: inout [UInt8]) {
        for (place, byte) in withUnsafeBytes(of: tag ^ UInt64(offset), Array.init).enumerated()
        where place < bytes.count {
            bytes[place] = byte
        }
    }

    private static let whole: [UInt8] = {
        var bytes = [UInt8](repeating: 0, count: Int(pieceBytes))
        bytes[5] = 1
        return bytes
    }()
}
