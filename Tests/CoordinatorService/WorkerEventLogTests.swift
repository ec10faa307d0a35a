import Cluster
import CoordinatorService
import Logging
import Synchronization
import Testing

@Suite struct WorkerEventLogTests {
    /// A worker that sends as fast as it can, under other names each time, does not fill the disk with the log. How much was left out is
    /// said, and lines of other kinds are not lost.
    @Test func aFloodGivesALineASecond() {
        var log = WorkerEventLog(forcedSet: nil)
        let counter = Counter()
        let start = ContinuousClock.now
        let floods: [(Int) -> CoordinatorNote] = [
            { _ in .dropped(reason: "a fetch") },
            { .refused(name: "w\($0)", reason: "another release") },
            { .joined(name: "w\($0)", threads: 1, instructionSet: "avx2") },
            { .beganAnew(name: "w\($0)", session: 1, shardsDealtAgain: 0) },
            { .left(name: "w\($0)") },
            { .ineligible(name: "w\($0)", reason: "no memory") },
        ]
        for flood in floods {
            let before = counter.lines
            for millisecond in 0..<20_000 {
                _ = log.take(flood(millisecond), counter.logger, now: start + .milliseconds(millisecond))
            }
            // What a large job has reason for at once, and one a second.
            #expect((1_000...1_020).contains(counter.lines - before))
            _ = log.take(flood(0), counter.logger, now: start + .seconds(21))
            #expect(counter.last.contains("like it before"))
        }
        let before = counter.lines
        _ = log.take(.died(name: "w", shardsDealtAgain: 1), counter.logger, now: start + .seconds(21))
        #expect(counter.lines == before + 1 && !counter.last.contains("like it before"))
    }

    /// Everything that happens in a large job has its line.
    @Test func aThousandWorkersAreNamed() {
        var log = WorkerEventLog(forcedSet: nil)
        let counter = Counter()
        let now = ContinuousClock.now
        for number in 0..<1_000 {
            let note = CoordinatorNote.joined(name: "w\(number)", threads: 1, instructionSet: "avx2")
            _ = log.take(note, counter.logger, now: now)
            #expect(counter.last.hasPrefix("worker w\(number) joined"))
        }
        #expect(counter.lines == 1_000)
    }

    /// Processors behind relays count as those of workers, and the name that a relay has in the place of one does not.
    @Test func processorsThatGiveDifferentBitsAreSaidOnce() {
        func said(_ log: WorkerEventLog, _ notes: CoordinatorNote...) -> String {
            var log = log
            let counter = Counter()
            for note in notes { _ = log.take(note, counter.logger) }
            return counter.warnings.joined(separator: "\n")
        }
        let direct = CoordinatorNote.joined(name: "w", threads: 1, instructionSet: "avx2")
        let relay = CoordinatorNote.joined(name: "r", threads: 0, instructionSet: "relay r")
        let behind = CoordinatorNote.relays(name: "r", instructionSets: ["avx512", "baseline"])
        let all = said(WorkerEventLog(forcedSet: nil), direct, relay, behind, behind)
        #expect(all == "processors give different bits (avx2, avx512, baseline); force --instruction-set baseline")
        #expect(said(WorkerEventLog(forcedSet: nil), relay, behind).contains("(avx512, baseline)"))
        #expect(
            said(WorkerEventLog(forcedSet: nil), direct, relay, .relays(name: "r", instructionSets: ["neon"])) == "")
        #expect(said(WorkerEventLog(forcedSet: .baseline), direct, relay, behind) == "")
        #expect(said(WorkerEventLog(forcedSet: nil, warnsOfBits: false), direct, relay, behind) == "")
        let integers = said(WorkerEventLog(forcedSet: nil, computesIntegers: { true }), direct, behind)
        #expect(integers.contains("sums are the same") && integers.contains("scores"), "\(integers)")
    }

    private final class Counter: Sendable {
        private let state = Mutex<(lines: Int, last: String, warnings: [String])>((0, "", []))
        var lines: Int { state.withLock { $0.lines } }
        var last: String { state.withLock { $0.last } }
        var warnings: [String] { state.withLock { $0.warnings } }
        var logger: Logger { Logger(label: "test") { _ in Handler(counter: self) } }

        struct Handler: LogHandler {
            let counter: Counter
            var metadata: Logger.Metadata = [:]
            var logLevel: Logger.Level = .info

            subscript(metadataKey key: String) -> Logger.Metadata.Value? {
                get { metadata[key] }
                set { metadata[key] = newValue }
            }

            func log(event: LogEvent) {
                counter.state.withLock { state in
                    state.lines += 1
                    state.last = "\(event.message)"
                    if event.level == .warning { state.warnings.append(state.last) }
                }
            }
        }
    }
}
