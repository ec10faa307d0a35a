import ImageLists
import Storage
import Testing

@Suite struct ByteOrderTests {
    /// Names that begin alike or not at all, end within others, and have letters of several bytes.
    @Test func namesComeInTheOrderOfTheirBytes() {
        var random = SplitMix64(seed: 7)
        let letters = ["a", "b", "/", ".", "\u{1}", "z", "\u{e9}", "e\u{301}", "\u{fffd}", "\u{1f600}"]
        for round in 0..<400 {
            let prefix = round % 3 == 0 ? "" : String(repeating: "part-", count: round % 7)
            let names = (0..<round % 60).map { _ in
                prefix + (0..<random.next() % 14).map { _ in letters[Int(random.next() % 10)] }.joined()
            }
            let sorted = ByteOrder.sorted(names)
            #expect(
                sorted.map { Array($0.utf8) }
                    == names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
        }
    }
}
