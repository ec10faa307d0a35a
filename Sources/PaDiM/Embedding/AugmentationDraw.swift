import Foundation
import Settings
import Storage

/// How one copy of one image is turned and where it is cropped: drawn from the augmentation's seed, the image's content and the copy's number,
/// so that neither workers nor order make a difference.
struct AugmentationDraw: Equatable {
    /// Counterclockwise; 0: not turned.
    let degrees: Double
    private var random: SplitMix64

    /// The generator's state is the first 8 bytes, as a big-endian number, of the SHA-256 of the seed (8 bytes, little-endian), the content's
    /// digest (16 bytes) and the copy's number (4 bytes, little-endian).
    init(_ augmentation: Augmentation, content: ContentDigest, copy: Int) {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: UInt64(clamping: augmentation.seed).littleEndian) { bytes += $0 }
        bytes += content.bytes
        withUnsafeBytes(of: UInt32(clamping: copy).littleEndian) { bytes += $0 }
        random = SplitMix64(seed: Digest(of: bytes).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        degrees =
            augmentation.rotation > 0
            ? (2 * (Double(random.next() >> 11) * 0x1p-53) - 1) * augmentation.rotation : 0
    }

    /// Where the crop begins in an image of that size, which it fits into: each place is as likely.
    func crop(_ side: Int, of size: (width: Int, height: Int)) -> (top: Int, left: Int) {
        var random = random
        let top = random.next().multipliedFullWidth(by: UInt64(size.height - side + 1)).high
        let left = random.next().multipliedFullWidth(by: UInt64(size.width - side + 1)).high
        return (Int(top), Int(left))
    }
}
