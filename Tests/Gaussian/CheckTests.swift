import CKernels
import TestSupport
import Testing

/// The checks that files carry: their values are part of the format.
@Suite struct CheckTests {
    /// As the format says it, byte by byte.
    private func check(_ bytes: ArraySlice<UInt8>, seed: UInt64) -> UInt64 {
        var state = seed ^ 0x9e37_79b9_7f4a_7c15
        for begin in stride(from: bytes.startIndex, to: bytes.endIndex, by: 8) {
            let word = bytes[begin..<min(begin + 8, bytes.endIndex)].reversed().reduce(UInt64(0)) {
                $0 << 8 | UInt64($1)
            }
            state = (state ^ word) &* 0xff51_afd7_ed55_8ccd
            state ^= state >> 32
        }
        return state
    }

    @Test(arguments: [0, 1, 7, 8, 12, 40, 1003])
    func piecesTogetherHaveTheChecksThatTheyHaveAlone(size: Int) {
        var random = SeededGenerator(seed: UInt64(size))
        for count in 0...9 {
            let bytes = (0..<size * count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let seeds = (0..<count).map { _ in UInt64.random(in: 0...UInt64.max, using: &random) }
            let pieces = (0..<count).map { bytes[$0 * size..<($0 + 1) * size] }
            let expected = zip(pieces, seeds).map { check($0, seed: $1) }
            var found = seeds
            statistics_checks(bytes, size, count, &found)
            #expect(found == expected)
        }
    }
}
