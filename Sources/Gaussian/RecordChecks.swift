import CKernels

/// The checks of records in a file: one 64-bit number a patch, over the record's words, the patch's place and the header.
/// They find torn writes, flipped bits and pieces in the wrong place; they are no defence against forgery.
struct RecordChecks {
    let seed: UInt64

    /// The check of the pieces, one after the other, that belong to a patch.
    func check(patch: Int, _ pieces: UnsafeRawBufferPointer...) -> UInt64 {
        pieces.reduce(seed &+ UInt64(patch)) { statistics_check($1.baseAddress, $1.count, $0) }
    }
}

/// Calls `body` with the bytes at an address that Int64 may have: in place, or as a copy.
func withAlignedWords<Result>(
    _ bytes: UnsafeRawBufferPointer, _ body: (UnsafePointer<Int64>) throws -> Result
) rethrows -> Result {
    if let start = bytes.baseAddress, Int(bitPattern: start) % MemoryLayout<Int64>.alignment == 0 {
        return try body(start.assumingMemoryBound(to: Int64.self))
    }
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 8), alignment: 64)
    defer { copy.deallocate() }
    copy.copyMemory(from: bytes)
    return try copy.withMemoryRebound(to: Int64.self) { words in
        guard let start = words.baseAddress else { preconditionFailure("an allocation has an address") }
        return try body(start)
    }
}
