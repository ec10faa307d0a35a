import Cluster
import JobRules
import Testing

/// How long a stage waits for a worker that can do it.
@Suite struct WorkerWaitTests {
    private func at(_ seconds: Int64) -> Instant { Instant(milliseconds: 1_000 * seconds) }

    @Test func aHintComesOnceAndTheEndInTime() {
        var wait = WorkerWait(milliseconds: 60_000, isClosed: false)
        wait.begin(at: at(100))
        var verdicts: [Int64: WorkerWait.Verdict] = [:]
        for second in Int64(100)...161 {
            let verdict = wait.look(at: at(second), workers: 0, hasFit: false, isReasonKnown: false)
            if verdict != .goOn { verdicts[second] = verdict }
        }
        #expect(verdicts == [111: .hint, 161: .tooLong])
    }

    @Test func aWorkerThatCanDoItBeginsTheWaitAnew() {
        var wait = WorkerWait(milliseconds: 60_000, isClosed: true)
        wait.begin(at: at(0))
        let present = wait.look(at: at(59), workers: 1, hasFit: true, isReasonKnown: true)
        #expect(present == .goOn)
        let gone = wait.look(at: at(119), workers: 0, hasFit: false, isReasonKnown: true)
        #expect(gone == .goOn)
        let late = wait.look(at: at(120), workers: 0, hasFit: false, isReasonKnown: true)
        #expect(late == .tooLong)
    }

    /// Others may come, unless all workers are those that the coordinator starts.
    @Test(arguments: [true, false]) func whoCannotDoItIsWaitedForOnlyWhereOthersMayCome(isClosed: Bool) {
        var wait = WorkerWait(milliseconds: 60_000, isClosed: isClosed)
        wait.begin(at: at(0))
        let unknown = wait.look(at: at(1), workers: 1, hasFit: false, isReasonKnown: false)
        #expect(unknown == .goOn)
        let known = wait.look(at: at(2), workers: 1, hasFit: false, isReasonKnown: true)
        #expect(known == (isClosed ? .hopeless : .goOn))
    }
}
