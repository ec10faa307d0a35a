import Foundation

/// Keeps a thread from taking more than a share of a processor: it rests so much longer than it works.
struct ProcessorShare {
    /// Work that may come at once without a rest, in nanoseconds: a person looks at a page now and then.
    private static let allowance: Int64 = 20_000_000
    /// How much longer than the work the rest is.
    private static let rest: Int64 = 9
    private var owed: Int64 = 0
    private var worked: Int64
    private var moment: Int64

    /// Made on the thread.
    init() { (worked, moment) = (Self.clock(CLOCK_THREAD_CPUTIME_ID), Self.clock(CLOCK_MONOTONIC)) }

    /// For how many milliseconds the thread is to rest now.
    mutating func due() -> Int32 {
        let (worked, moment) = (Self.clock(CLOCK_THREAD_CPUTIME_ID), Self.clock(CLOCK_MONOTONIC))
        let busy = worked - self.worked
        let passed = moment - self.moment
        (self.worked, self.moment) = (worked, moment)
        return Self.rest(&owed, busy: busy, passed: passed)
    }

    /// - Parameters:
    ///   - owed: of rest, in nanoseconds.
    ///   - busy, passed: the processor's time and the time since the last call.
    static func rest(_ owed: inout Int64, busy: Int64, passed: Int64) -> Int32 {
        owed = max(0, owed + busy * rest - max(0, passed - busy))
        return owed > allowance * rest ? Int32(clamping: (owed - allowance * rest) / 1_000_000 + 1) : 0
    }

    private static func clock(_ id: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(id, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
