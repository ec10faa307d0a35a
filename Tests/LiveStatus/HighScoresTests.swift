import LiveStatus
import Storage
import TestSupport
import Testing

@Suite struct HighScoresTests {
    /// The same as sorting all of them.
    @Test(arguments: 1...20) func theHighestStay(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var all: [HighScores.Entry] = []
        var scores = HighScores()
        for number in 0..<300 {
            let entry = HighScores.Entry(
                image: ImageID(rawValue: Int64(number)), score: Float(Int.random(in: 0..<50, using: &generator)),
                flagged: nil)
            all.append(entry)
        }
        all.shuffle(using: &generator)
        for entry in all { scores.add(entry) }
        // Reported once more, as after a worker's death.
        for entry in all.prefix(100) { scores.add(entry) }
        let expected = all.sorted { ($1.score, $0.image) < ($0.score, $1.image) }.prefix(HighScores.most)
        #expect(scores.entries == Array(expected))
    }

    @Test func whatIsNoNumberIsNoScore() {
        var scores = HighScores()
        for score in [Float.nan, .infinity, -.infinity] {
            scores.add(HighScores.Entry(image: 1, score: score, flagged: true))
        }
        #expect(scores.entries.isEmpty)
    }
}
