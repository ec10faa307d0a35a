import CKernels

/// The checks of records in a file: one 64-bit number a patch, over the record's words, the patch's place and the header.
/// They find torn writes, flipped bits and pieces in the wrong place; they are no defence against forgery.
struct RecordChecks {
    let seed: UInt64

    /// Patches whose checks cost little more than one's.
    static let together = 4

    /// The checks of some patches.
    /// - Parameter parts: each holds one piece for every patch, one after the other; a patch's check is over its pieces in
    ///   the order of the parts.
    func checks(of patches: Range<Int>, _ parts: UnsafeRawBufferPointer...) -> [UInt64] {
        var checks = patches.map { seed &+ UInt64($0) }
        guard !checks.isEmpty else { return checks }
        for part in parts { statistics_checks(part.baseAddress, part.count / patches.count, patches.count, &checks) }
        return checks
    }

    /// Calls `body` with each patch's record and its check, a few patches at a time: the record is in the cache then.
    func forEachRecord(
        _ patches: Range<Int>, _ records: UnsafePointer<Int64>, words: Int,
        _ body: (_ patch: Int, _ record: UnsafePointer<Int64>, _ check: UInt64) throws -> Void
    ) rethrows {
        for begin in stride(from: patches.lowerBound, to: patches.upperBound, by: Self.together) {
            let few = begin..<min(begin + Self.together, patches.upperBound)
            let start = records + (begin - patches.lowerBound) * words
            let checks = checks(of: few, UnsafeRawBufferPointer(start: start, count: few.count * words * 8))
            for (number, check) in checks.enumerated() { try body(begin + number, start + number * words, check) }
        }
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
