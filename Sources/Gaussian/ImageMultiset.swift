import Storage

/// Which images sums are of: the digests of their contents, in ascending order, one for each time that an image was added. 16 bytes an
/// image.
public struct ImageMultiset: Equatable, Sendable {
    /// Ascending.
    public let digests: [ContentDigest]

    public init(_ digests: some Sequence<ContentDigest> = []) { self.digests = digests.sorted() }

    /// - Precondition: the digests ascend.
    private init(ascending digests: [ContentDigest]) { self.digests = digests }

    public var count: Int { digests.count }

    /// Identifies the whole.
    public var digest: Digest {
        var stream = DigestStream()
        for digest in digests { digest.bytes.withUnsafeBytes { stream.update($0) } }
        return stream.finish()
    }

    public func contains(_ digest: ContentDigest) -> Bool {
        let place = place(of: digest)
        return place < count && digests[place] == digest
    }

    /// The first place of a digest, or where it would be.
    private func place(of digest: ContentDigest) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if digests[middle] < digest { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Both one's images and the other's.
    public func adding(_ other: ImageMultiset) -> ImageMultiset {
        var merged: [ContentDigest] = []
        merged.reserveCapacity(count + other.count)
        var (a, b) = (digests[...], other.digests[...])
        while let first = a.first, let second = b.first {
            merged.append(second < first ? b.removeFirst() : a.removeFirst())
        }
        return ImageMultiset(ascending: merged + a + b)
    }

    /// The images without the other's, each of which is taken out as often as the other has it.
    /// - Returns: what is left; and the first image that was not in, if there is one.
    public func subtracting(_ other: ImageMultiset) -> (rest: ImageMultiset, absent: ContentDigest?) {
        var rest: [ContentDigest] = []
        var taken = other.digests[...]
        for digest in digests {
            if let next = taken.first, next < digest { return (self, next) }
            if taken.first == digest { taken.removeFirst() } else { rest.append(digest) }
        }
        return (ImageMultiset(ascending: rest), taken.first)
    }

    /// Images that are in more than once, and how often.
    public var repeated: [(digest: ContentDigest, count: Int)] {
        var found: [(ContentDigest, Int)] = []
        var start = 0
        for end in 1...max(count, 1) where end == count || digests[end] != digests[start] {
            if end - start > 1 { found.append((digests[start], end - start)) }
            start = end
        }
        return found
    }
}

extension ImageMultiset {
    /// How many different images are in more than one of some sums.
    public static func sharedCount(_ sums: [ImageMultiset]) -> Int {
        var holders: [ContentDigest: Int] = [:]
        for sum in sums { for digest in Set(sum.digests) { holders[digest, default: 0] += 1 } }
        return holders.values.count { $0 > 1 }
    }

    /// In words, that images are in more than once; nil where none is.
    public var warningOfRepeated: String? {
        let repeated = repeated
        guard let first = repeated.first else { return nil }
        return
            "\(repeated.count) images are there more than once and count each time, as the one with the content digest \(first.digest) "
            + "(\(first.count) times)"
    }
}

extension ImageMultiset {
    /// As a file has it: 16 bytes an image.
    var bytes: [UInt8] { digests.flatMap(\.bytes) }

    /// - Returns: nil where the bytes are no ascending digests.
    init?(bytes: UnsafeRawBufferPointer) {
        let size = ContentDigest.byteCount
        guard bytes.count % size == 0 else { return nil }
        let digests = stride(from: 0, to: bytes.count, by: size).compactMap {
            ContentDigest(bytes: bytes[$0..<$0 + size])
        }
        guard digests.count == bytes.count / size, zip(digests, digests.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            return nil
        }
        self.init(ascending: digests)
    }
}
