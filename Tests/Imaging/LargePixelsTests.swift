import Imaging
import Testing

/// The memory of large images is used again, and nobody sees that.
@Suite(.serialized) struct LargePixelsTests {
    /// 17 MB, more than the smallest that is kept.
    private static let side = 2400

    private static func enlarged(_ level: UInt8) throws -> RGBImage {
        let pixels = (0..<3 * 16 * 16).map { level &+ UInt8(truncatingIfNeeded: 7 * $0) }
        return try RGBImage(width: 16, height: 16, pixels: pixels).resized(width: side, height: side)
    }

    @Test func anImageInUsedMemoryHasItsOwnPixels() throws {
        let expected = [try Self.enlarged(3), try Self.enlarged(90)]
        for level: UInt8 in [3, 90, 90, 3] {
            let image = try Self.enlarged(level)
            #expect(image == expected[level == 3 ? 0 : 1])
            image.discard()
        }
    }

    @Test func theMemoryIsUsedAgain() throws {
        func place(_ image: borrowing RGBImage) -> UnsafePointer<UInt8>? {
            image.pixels.withUnsafeBufferPointer { $0.baseAddress }
        }
        let first = try Self.enlarged(3)
        let before = place(first)
        first.discard()
        let second = try Self.enlarged(90)
        #expect(before != nil && place(second) == before)
    }

    @Test func aCopyOfADiscardedImageStaysAsItIs() throws {
        let image = try Self.enlarged(3)
        let copy = image
        image.discard()
        let others = [try Self.enlarged(90), try Self.enlarged(91)]
        #expect(copy == (try Self.enlarged(3)))
        #expect(others[0] != others[1])
    }
}
