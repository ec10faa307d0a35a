import TestSupport

/// Makes inputs out of sound ones: the same from the same seed on every machine.
public struct Mutator {
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]
    private var random: SeededGenerator

    private static let longest = 1 << 16

    public init(_ target: FuzzTarget, seed: UInt64) throws {
        seeds = try target.seeds()
        words = target.words.map { Array($0.utf8) }
        random = SeededGenerator(seed: seed)
    }

    public mutating func next() -> [UInt8] {
        var bytes = seeds[random.below(seeds.count)]
        for _ in 0...random.below(6) { change(&bytes) }
        if bytes.count > Self.longest { bytes.removeLast(bytes.count - Self.longest) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        // Most of what matters stands at the beginning or at the end.
        let place =
            switch random.below(4) {
            case 0: random.below(min(80, bytes.count))
            case 1: max(0, bytes.count - 1 - random.below(80))
            default: random.below(bytes.count)
            }
        guard place < bytes.count else { return bytes.append(UInt8(random.below(256))) }
        let end = min(bytes.count, place + 1 + random.below(32))
        switch random.below(9) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = UInt8(random.below(256))
        case 2: number(&bytes, place)
        case 3: bytes.insert(UInt8(random.below(256)), at: place)
        case 4: bytes.removeSubrange(place..<end)
        case 5: bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.below(bytes.count))
        case 6 where !words.isEmpty: bytes.insert(contentsOf: words[random.below(words.count)], at: place)
        case 7:
            let other = seeds[random.below(seeds.count)]
            let cut = random.below(other.count)
            bytes.replaceSubrange(place..., with: other[min(cut, other.count)...])
        default:
            bytes.replaceSubrange(place..<end, with: [UInt8](repeating: UInt8(random.below(256)), count: end - place))
        }
    }

    /// A number that lengths and offsets do not expect, as two, four or eight bytes of either order.
    private mutating func number(_ bytes: inout [UInt8], _ place: Int) {
        let values: [UInt64] = [
            0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, .max >> 1, .max - 7, .max,
            UInt64(bytes.count), UInt64(bytes.count + 1), UInt64(place),
        ]
        let value = values[random.below(values.count)]
        var spelt = (0..<[2, 4, 8][random.below(3)]).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
        if random.percent(30) { spelt.reverse() }
        for (offset, byte) in spelt.enumerated() where place + offset < bytes.count { bytes[place + offset] = byte }
    }
}
