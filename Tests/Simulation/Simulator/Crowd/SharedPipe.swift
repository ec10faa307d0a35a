/// A disk or a network link that many workers share. Transfers go one after the other, and none is faster than one worker can be alone.
struct SharedPipe {
    /// The rate of all transfers together, in bytes per millisecond.
    let ofAll: Double
    /// The highest rate of one worker, in bytes per millisecond.
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
