/// Bins for values whose range is not known beforehand: a value's bin is the top of its bit pattern.
///
/// They are finer where values are small: a bin is at most 1/4096 of its values wide. Values of up to 12 significant bits
/// have a bin to themselves. Order is kept: a greater value has a greater or the same bin.
package enum ScoreBins {
    private static let dropped = 11
    package static let count = 1 << (32 - dropped)

    package static func index(of value: Float) -> Int {
        let bits = value.bitPattern
        // Negative values grow downwards in their bit patterns; zeros are one.
        let ordered = value < 0 ? ~bits : (value == 0 ? 0 : bits) | 1 << 31
        return Int(ordered >> UInt32(dropped))
    }

    /// The least value of the bin.
    package static func lowest(of bin: Int) -> Float {
        let ordered = UInt32(bin) << UInt32(dropped)
        let bits = ordered >> 31 == 1 ? ordered & ~(1 << 31) : ~ordered
        return Float(bitPattern: bits)
    }
}
