import Compute
import Storage
import Testing

@Suite struct ThreadCrewTests {
    @Test(arguments: [1, 2, 7]) func everyIndexRunsOnce(threads: Int) throws {
        let crew = ThreadCrew(threads: threads)
        let counts = Locked([Int](repeating: 0, count: 1000))
        for _ in 0..<3 {
            try crew.forEach(1000) { index, thread in
                #expect(thread < threads)
                counts.withLock { $0[index] += 1 }
            }
        }
        #expect(counts.withLock { $0 } == [Int](repeating: 3, count: 1000))
    }

    @Test(arguments: [1, 3]) func resultsAreInOrder(threads: Int) throws {
        let crew = ThreadCrew(threads: threads)
        #expect(try crew.map(100) { index, _ in index * index } == (0..<100).map { $0 * $0 })
        #expect(try crew.map(0) { index, _ in index }.isEmpty)
    }

    @Test func theLowestFailureIsThrownAndTheCrewGoesOn() throws {
        struct Failure: Error, Equatable { let index: Int }
        let crew = ThreadCrew(threads: 2)
        #expect(throws: Failure(index: 0)) { try crew.forEach(10) { index, _ in throw Failure(index: index) } }
        let ran = Locked(0)
        try crew.forEach(5) { _, _ in ran.withLock { $0 += 1 } }
        #expect(ran.withLock { $0 } == 5)
    }
}
