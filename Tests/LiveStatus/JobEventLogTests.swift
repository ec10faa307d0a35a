import Cluster
import Foundation
import LiveStatus
import Storage
import Testing

@Suite struct JobEventLogTests {
    private func lines(_ log: inout JobEventLog, _ book: RunBook, at time: Int64 = 0) -> [JobEventLine] {
        log.lines(of: book, clock: time) { "image \($0)" }
    }

    private func tick(_ book: inout RunBook, _ done: Int, at time: Int64) {
        book.tick(done: done, unusable: 0, workers: [], count: 1, joined: 1, lost: 0, at: time)
    }

    /// However seldom somebody looks, each stage begins and ends once, in order.
    @Test(arguments: [1, 2, 3, 7]) func stagesAreSaidOnce(looksEvery: Int) {
        var (book, log, said) = (RunBook(), JobEventLog(), [JobEventLine]())
        for number in 0..<21 {
            let time = Int64(number) * 10_000
            book.begin("stage \(number)", total: 10, before: 2, at: time)
            tick(&book, 8, at: time + 4_000)
            book.end(at: time + 5_000)
            if number % looksEvery == looksEvery - 1 { said += lines(&log, book) }
        }
        let expected = (0..<(21 / looksEvery * looksEvery)).flatMap { number -> [JobEventLine] in
            [
                .stage(name: "stage \(number)", images: 10, doneBefore: 2),
                .stageEnded(name: "stage \(number)", done: 10, unusable: 0, seconds: 5),
            ]
        }
        #expect(said == expected)
        #expect(lines(&log, book).isEmpty || 21 % looksEvery != 0)
    }

    @Test func whatHasNotChangedIsNotSaid() {
        var (book, log) = (RunBook(), JobEventLog())
        book.begin("fit", total: 10, before: 0, at: 0)
        tick(&book, 4, at: 1_000)
        #expect(lines(&log, book, at: 1_000).count == 2)
        #expect(lines(&log, book, at: 1_500).isEmpty)
        tick(&book, 5, at: 2_000)
        guard case .progress(let progress)? = lines(&log, book, at: 2_000).first else {
            Issue.record("no progress")
            return
        }
        #expect(progress.done == 5 && progress.images == 10 && progress.secondsLeft == 2)
    }

    @Test func failuresThatAreMissedAreCounted() {
        var (book, log) = (RunBook(), JobEventLog())
        func fail(_ images: Range<Int>) {
            for image in images { book.note([ImageFailure(id: ImageID(rawValue: Int64(image)), reason: "r")], at: 0) }
        }
        fail(0..<3)
        #expect(lines(&log, book) == (0..<3).map { .failure(image: "image \($0)", reason: "r") })
        fail(3..<503)
        let rest = lines(&log, book)
        #expect(rest.first == .failuresOmitted(300) && rest.count == 1 + RecentFailures.most)
        #expect(rest.last == .failure(image: "image 502", reason: "r"))
    }

    @Test func everyLineIsOneLineOfJSON() throws {
        let all: [JobEventLine] = [
            .started(version: "1", command: "fit", job: Example.nasty), .message("a\nb\u{2028}\u{0}"),
            .product(place: 1, count: 2, name: Example.nasty), .stage(name: "fit", images: 1, doneBefore: 0),
            .stageEnded(name: "fit", done: 1, unusable: 0, seconds: .infinity),
            .progress(
                .init(
                    stage: "fit", images: 1, done: 0, unusable: 0, workers: 1, imagesPerSecond: .nan, secondsLeft: nil)),
            .failure(image: Example.nasty, reason: "\n"), .failuresOmitted(3), .done(status: 1, error: "no"),
            .done(status: 0, error: nil),
        ]
        for line in all {
            let text = line.json
            #expect(!text.contains { $0.isNewline && $0 != "\u{2028}" })
            let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(object["event"] is String)
        }
    }
}
