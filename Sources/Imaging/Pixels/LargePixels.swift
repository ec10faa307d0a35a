import Storage

/// The memory of large images that are not needed any more, for the next ones.
///
/// The allocator hands memory of more than 32 MB back to the system when it is freed, and each page of the next image then costs a fault:
/// a quarter of the processor's time of a job on images of 12 megapixels. A camera's images are all of one size, so their memory fits again.
/// There are never more arrays here than images were in hand at one time: what does not fit the next image makes way for it.
enum LargePixels {
    /// Bytes from which memory is kept; smaller memory the allocator keeps itself.
    static let smallest = 16 << 20
    /// More threads than this decode at the same time on few machines only.
    private static let most = 64

    private static let kept = Locked<[[UInt8]]>([])

    /// An array of `count` values, whatever they are.
    static func take(count: Int) -> [UInt8]? {
        guard count >= smallest else { return nil }
        return kept.withLock { kept in
            guard let fitting = kept.lastIndex(where: { $0.count == count }) else {
                if !kept.isEmpty { kept.removeFirst() }
                return nil
            }
            return kept.remove(at: fitting)
        }
    }

    static func giveBack(_ pixels: [UInt8]) {
        guard pixels.count >= smallest else { return }
        kept.withLock { kept in
            if kept.count < most { kept.append(pixels) }
        }
    }
}

extension RGBImage {
    /// Says that nobody looks at this image any more, so that the next large one may have its memory. Copies of the image stay as they are.
    public consuming func discard() { LargePixels.giveBack(pixels) }
}
