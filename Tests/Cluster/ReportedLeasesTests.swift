import Cluster
import Storage
import TestSupport
import Testing

/// Which leases a worker takes for reported.
@Suite struct ReportedLeasesTests {
    /// As long as fewer than are remembered are reported behind it, a lease that was not reported is not taken for reported.
    @Test func whatWasNotReportedIsWorkedOn() {
        var generator = SeededGenerator(seed: 6)
        var reported = ReportedLeases(capacity: 1_024)
        var all: Set<Int64> = []
        var open = Array(Int64(1)...64)
        for number in Int64(65)...10_000 {
            // One of those in hand, whichever; the first one before it is too old.
            let oldest = open[0]
            let place = number - oldest >= 1_000 ? 0 : generator.below(open.count)
            let next = open.remove(at: place)
            #expect(!reported.contains(LeaseID(rawValue: next)))
            reported.insert(LeaseID(rawValue: next))
            all.insert(next)
            open.append(number)
            #expect(reported.numbers == reported.numbers.sorted() && reported.numbers.count <= 1_024)
            let any = Int64(1 + generator.below(Int(number)))
            #expect(reported.contains(LeaseID(rawValue: any)) == all.contains(any))
        }
    }
}
