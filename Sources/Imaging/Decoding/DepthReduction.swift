/// How 16 bits become 8.
struct DepthReduction {
    enum Purpose {
        /// Pixels: 255 v / white level, rounded, halves up; what is above the white level is white.
        case pixels
        /// The same, but what was not 0 does not become 0: for masks, whose labels may be small numbers.
        case labels
        /// The number of bits that a sample needs: to find out which white level is right.
        case bits
    }

    let whiteLevel: UInt16
    let purpose: Purpose

    init(whiteLevel: UInt16 = ImageDecoder.fullWhite, purpose: Purpose = .pixels) {
        (self.whiteLevel, self.purpose) = (max(1, whiteLevel), purpose)
    }

    /// The same for samples whose file names a largest value.
    func withWhite(atMost largest: UInt16) -> DepthReduction {
        DepthReduction(whiteLevel: min(whiteLevel, largest), purpose: purpose)
    }

    @inline(__always)
    func reduce(_ value: UInt16) -> UInt8 {
        if purpose == .bits { return UInt8(UInt16.bitWidth - value.leadingZeroBitCount) }
        let white = UInt32(whiteLevel)
        // The first is the second for a white level of 65,535, in a division that costs a multiplication.
        let scaled =
            whiteLevel == ImageDecoder.fullWhite
            ? (UInt32(value) + 128) / 257 : min(255, (UInt32(value) * 255 + white / 2) / white)
        return UInt8(truncatingIfNeeded: purpose == .labels && scaled == 0 && value != 0 ? 1 : scaled)
    }

    /// The same of a sample whose 0 is white.
    @inline(__always)
    func reduceInverted(_ value: UInt16) -> UInt8 {
        purpose == .bits ? reduce(value) : reduce(whiteLevel - min(value, whiteLevel))
    }
}
