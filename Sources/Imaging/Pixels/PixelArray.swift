/// An array of `count` values, all of which `fill` writes: without the zeroing that `[UInt8](repeating:count:)` pays for.
///
/// - Parameters:
///   - count: positive.
///   - fill: writes every one of the `count` values, or throws.
func pixelArray<Failure: Error>(
    count: Int, _ fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
) throws(Failure) -> [UInt8] {
    if var used = LargePixels.take(count: count) {
        try overwrite(&used, fill)
        return used
    }
    var failure: Failure?
    let array = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        guard let start = buffer.baseAddress else { return }
        do throws(Failure) {
            try fill(start)
            initialized = count
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    return array
}

/// The array is nobody else's, so that nothing of it is copied.
private func overwrite<Failure: Error>(
    _ array: inout [UInt8], _ fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
) throws(Failure) {
    try array.withUnsafeMutableBufferPointer { buffer throws(Failure) in
        if let start = buffer.baseAddress { try fill(start) }
    }
}
