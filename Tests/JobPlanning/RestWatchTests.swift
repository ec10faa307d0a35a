import JobPlanning
import Testing

@Suite struct RestWatchTests {
    private static let second: Int64 = 1_000_000_000
    private static let date: Int64 = 1_800_000_000 * second

    private func state(_ bytes: Int64, age: Int64 = 0) -> RestWatch.State {
        RestWatch.State(bytes: bytes, modified: Self.date - age * Self.second)
    }

    /// Whatever a file does: it is at rest only after it was the same for the whole time, and then it stays so.
    @Test func aFileIsAtRestAfterItsTime() {
        var watch = RestWatch(restTime: .seconds(2))
        var looks: [Bool] = []
        // Size and time at each look, one a second.
        for (moment, (bytes, age)) in [(1, 0), (2, 0), (2, 0), (2, 5), (2, 5), (2, 5), (2, 5)].enumerated() {
            looks.append(
                watch.isAtRest("a", state(Int64(bytes), age: Int64(age)), now: .seconds(moment), date: Self.date))
        }
        #expect(looks == [false, false, false, false, false, true, true])
    }

    /// A clock that is ahead or a minute late delays a file, and does not have it read too early.
    @Test(arguments: [(-10_000, false), (0, false), (61, false), (62, false), (63, true), (100_000, true)])
    func anOldFileIsAtRestAtOnce(age: Int64, isAtRest: Bool) {
        var watch = RestWatch(restTime: .seconds(2))
        let atOnce = watch.isAtRest("a", state(1, age: age), now: .zero, date: Self.date)
        let later = watch.isAtRest("a", state(1, age: age), now: .seconds(2), date: Self.date)
        #expect(atOnce == isAtRest && later)
    }

    /// Begun and not yet written, or not there: nothing to read.
    @Test func aFileWithoutContentIsWaitedFor() {
        var watch = RestWatch(restTime: .seconds(1))
        for moment in 0..<50 {
            let isWritten = watch.isAtRest("empty", state(0), now: .seconds(moment), date: Self.date)
            let isThere = watch.isAtRest("gone", nil, now: .seconds(moment), date: Self.date)
            #expect(!isWritten && !isThere)
        }
    }

    @Test func whatNeverComesToRestIsToldOnce() {
        var watch = RestWatch(restTime: .seconds(2))
        var told: [RestWatch.Restless] = []
        for moment in 0..<200 {
            _ = watch.isAtRest("grows", state(Int64(moment)), now: .seconds(moment), date: Self.date)
            _ = watch.isAtRest("gone", nil, now: .seconds(moment), date: Self.date)
            told += watch.restless(now: .seconds(moment))
        }
        #expect(told.map(\.path) == ["gone", "grows"] && told.map(\.bytes) == [nil, 60])
        watch.keep(only: [])
        let rest = watch.restless(now: .seconds(1_000))
        #expect(rest.isEmpty)
    }
}
