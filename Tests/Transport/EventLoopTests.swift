import Foundation
import Synchronization
import Testing
import Transport

@Suite struct EventLoopTests {
    @Test func closuresRunInOrderOnOneThread() throws {
        let loop = try EventLoop()
        let seen = Guarded<[Int]>([])
        for number in 0..<10_000 {
            loop.perform {
                loop.preconditionIsolated()
                seen.withLock { $0.append(number) }
            }
        }
        #expect(try loop.sync { seen.withLock { $0 } } == Array(0..<10_000))
    }

    @Test func eachThreadsClosuresKeepTheirOrder() throws {
        let loop = try EventLoop()
        let seen = Guarded<[[Int]]>(Array(repeating: [], count: 4))
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            for number in 0..<2_000 { loop.perform { seen.withLock { $0[thread].append(number) } } }
        }
        let all = try loop.sync { seen.withLock { $0 } }
        #expect(all.allSatisfy { $0 == Array(0..<2_000) })
    }

    @Test func aClosureGivenByAClosureRunsLater() throws {
        let loop = try EventLoop()
        let seen = Guarded<[String]>([])
        try loop.sync {
            loop.perform { seen.withLock { $0.append("inner") } }
            seen.withLock { $0.append("outer") }
        }
        #expect(try loop.sync { seen.withLock { $0 } } == ["outer", "inner"])
    }

    @Test func syncReturnsAndThrows() throws {
        struct Failure: Error {}
        let loop = try EventLoop()
        #expect(try loop.sync { try loop.sync { 7 } } == 7)
        #expect(throws: Failure.self) { try loop.sync { throw Failure() } }
        #expect(!loop.isCurrent)
        #expect(try loop.sync { loop.isCurrent })
    }

    @Test func timersComeInTheirOrderAndStop() async throws {
        let loop = try EventLoop()
        let heard = Heard<String>()
        loop.after(.milliseconds(20)) { heard.add("late") }
        loop.after(.milliseconds(1)) { heard.add("early") }
        loop.after(.milliseconds(10)) { heard.add("never") }.cancel()
        #expect(try await heard.next() == "early")
        #expect(try await heard.next() == "late")
        let repeated = loop.every(.milliseconds(2)) { heard.add("again") }
        for _ in 0..<5 { #expect(try await heard.next() == "again") }
        repeated.cancel()
        // What was under way has run; from here on there is silence.
        try loop.sync {}
        let before = heard.waiting
        loop.after(.milliseconds(20)) { heard.add("end") }
        for _ in 0..<before { _ = try await heard.next() }
        #expect(try await heard.next() == "end")
    }

    @Test func aFloodOfClosuresDoesNotStarveTimers() async throws {
        let loop = try EventLoop()
        let stopped = Atomic(false)
        let heard = Heard<Int>()
        loop.after(.milliseconds(5)) {
            stopped.store(true, ordering: .relaxed)
            heard.add(1)
        }
        @Sendable func again() {
            if !stopped.load(ordering: .relaxed) { loop.perform { again() } }
        }
        again()
        #expect(try await heard.next() == 1)
    }

    @Test func closuresGivenBeforeTheEndAreRun() async throws {
        let heard = Heard<Int>()
        for number in 0..<50 {
            let loop = try EventLoop()
            loop.perform { heard.add(number) }
        }
        for _ in 0..<50 { _ = try await heard.next() }
    }

    @Test func anActorLivesOnTheLoop() async throws {
        let counter = Counter(loop: try EventLoop())
        counter.loop.perform { counter.assumeIsolated { $0.increase() } }
        await counter.increase()
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { await counter.increase() } }
        }
        #expect(await counter.value == 102)
    }
}

private actor Counter {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private(set) var value = 0

    init(loop: EventLoop) { self.loop = loop }

    func increase() {
        loop.preconditionIsolated()
        value += 1
    }
}

/// A value under a lock that the thread sanitizer understands.
private final class Guarded<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) { self.value = value }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result { lock.withLock { body(&value) } }
}
