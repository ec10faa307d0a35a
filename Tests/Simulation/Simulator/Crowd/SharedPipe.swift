/// What many share that write or send at once: one after the other, none faster than it may be alone.
struct SharedPipe {
    /// Bytes in a millisecond.
    let ofAll: Double
    let ofOne: Double
    private var isFreeAt = 0.0

    /// - Parameters: bytes in a second.
    init(ofAll: Double, ofOne: Double) { (self.ofAll, self.ofOne) = (ofAll / 1_000, ofOne / 1_000) }

    /// - Returns: when the bytes are through, if they are given now.
    mutating func take(_ bytes: Double, at now: Double) -> Double {
        isFreeAt = max(isFreeAt, now) + bytes / ofAll
        return max(isFreeAt, now + bytes / ofOne)
    }
}
