import Storage

/// The bytes of a compressed file, decompressed once from its beginning to its end, of which the last ones can be read at any place.
///
/// Threads ask for members nearly in the archive's order. Who asks for what lies before the bytes that are kept has the file decompressed
/// from its beginning again. Used by one thread at a time.
final class DecompressedStream {
    /// How many bytes are kept behind the newest one.
    private let mostKept: Int
    private let source: any ByteSource
    private var reader: LibArchive?
    private var pieces: [Piece] = []
    private var end: Int64 = 0
    /// Where decompression fails, and why: it is not tried for each member behind it.
    private var failure: (offset: Int64, error: ArchiveError)?
    /// How often the file was begun: for tests.
    private(set) var passes = 0

    private struct Piece {
        let offset: Int64
        let bytes: [UInt8]
        var end: Int64 { offset + Int64(bytes.count) }
    }

    private static let blockBytes = 1 << 18

    init(_ source: any ByteSource, mostKept: Int = 1 << 26) { (self.source, self.mostKept) = (source, mostKept) }

    /// - Returns: `count` bytes from an offset on.
    /// - Throws: `ArchiveError` where the file is damaged or ends before; `StorageError`.
    func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        let wantedEnd = offset + Int64(count)
        if let failure, wantedEnd > failure.offset { throw failure.error }
        if reader == nil || offset < (pieces.first?.offset ?? end) { try begin() }
        while end < wantedEnd { try advance(keepingFrom: offset) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for piece in pieces where piece.end > offset && piece.offset < wantedEnd {
            let first = Int(max(offset - piece.offset, 0))
            let last = Int(min(wantedEnd, piece.end) - piece.offset)
            bytes += piece.bytes[first..<last]
        }
        return bytes
    }

    private func begin() throws {
        reader = nil
        (pieces, end) = ([], 0)
        let reader = try LibArchive(source, as: .decompressed, block: Self.blockBytes)
        guard try reader.next() != nil else { throw ArchiveError(source.name, "it holds nothing") }
        self.reader = reader
        passes += 1
    }

    /// Decompresses one more piece.
    private func advance(keepingFrom offset: Int64) throws {
        guard let reader else { return }
        do {
            let bytes = try reader.block()
            guard !bytes.isEmpty else { throw ArchiveError(source.name, "it ends too early") }
            pieces.append(Piece(offset: end, bytes: bytes))
            end += Int64(bytes.count)
        } catch let error as ArchiveError {
            failure = (end, error)
            throw error
        } catch {
            // The machine failed and not the archive: whoever tries again begins anew.
            self.reader = nil
            throw error
        }
        while let first = pieces.first, first.end <= offset, end - first.end >= mostKept { pieces.removeFirst() }
    }
}
