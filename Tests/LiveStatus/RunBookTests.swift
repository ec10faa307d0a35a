import Cluster
import LiveStatus
import Storage
import Testing

@Suite struct RunBookTests {
    @Test func aFailureThatIsReportedAgainIsOne() {
        var book = RunBook()
        for time in 0..<3 { book.note([ImageFailure(id: 7, reason: "cut off")], at: Int64(time)) }
        #expect(book.failures.entries.map(\.image) == [7])
    }

    /// Nothing grows with the job.
    @Test func everythingHasABound() {
        var book = RunBook()
        for number in 0..<5_000 {
            let time = Int64(number) * 1_000
            book.note([ImageFailure(id: ImageID(rawValue: Int64(number)), reason: "r")], at: time)
            book.note(incident: "worker w is gone", at: time)
            book.note([
                ImageOutcome(
                    id: ImageID(rawValue: Int64(number)), score: Float(number), maxRow: 0, maxColumn: 0, flagged: nil)
            ])
            if number % 10 == 0 { book.begin("calibrate", total: 10, before: 0, at: time) }
            book.tick(done: number % 10, unusable: 0, workers: [], count: 0, joined: 0, lost: 0, at: time)
            if number % 10 == 9 { book.end(at: time) }
        }
        #expect(book.failures.entries.count == RecentFailures.most && book.failures.entries.last?.number == 5_000)
        #expect(book.incidents.count == 50 && book.incidents.last?.number == 5_000)
        #expect(book.ended.count == 50 && book.ended.last?.number == 500)
        #expect(book.scores.entries.count == HighScores.most && book.scores.entries.first?.score == 4_999)
    }

    @Test func anEndedStageHasNothingLeft() {
        var book = RunBook()
        book.begin("fit", total: 10, before: 0, at: 0)
        book.tick(done: 5, unusable: 0, workers: [], count: 0, joined: 0, lost: 0, at: 1_000)
        #expect(book.stage?.timeLeft(at: 1_000) == 1)
        book.end(at: 2_000)
        book.end(at: 3_000)
        #expect(book.stage?.timeLeft(at: 5_000) == nil && book.ended.count == 1 && book.ended[0].stage.ended == 2_000)
    }
}
