import CZeroMQ
import Foundation

struct WatchID: Equatable, Sendable { fileprivate let number: Int }

/// What an event loop and its thread share. The thread holds this and not the loop, so that the loop can end.
final class EventLoopState: @unchecked Sendable {
    private struct Inbox {
        var jobs: [@Sendable () -> Void] = []
        var stopped = false
    }

    private struct Watch {
        let id: WatchID
        let socket: UnsafeMutableRawPointer
        let ready: () -> Void
    }

    // Any thread, under the lock. (Not `Mutex`: the thread sanitizer sees no order in what it guards on Linux.)
    private let lock = NSLock()
    private var inbox = Inbox()
    private let wakeup: Int32

    // The loop's thread only.
    private var watches: [Watch] = []
    private var lastWatch = 0
    private var timers: [(due: ContinuousClock.Instant, timer: LoopTimer)] = []

    init() throws {
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeup >= 0 else {
            throw TransportError(
                "an event loop", String(cString: strerror(errno)), remedy: "raise the limit of open files (ulimit -n)")
        }
    }

    deinit { close(wakeup) }

    func enqueue(_ job: @escaping @Sendable () -> Void) {
        let wasEmpty = lock.withLock {
            inbox.jobs.append(job)
            return inbox.jobs.count == 1
        }
        if wasEmpty { wake() }
    }

    func stop() {
        lock.withLock { inbox.stopped = true }
        wake()
    }

    private func wake() {
        var one: UInt64 = 1
        while write(wakeup, &one, MemoryLayout<UInt64>.size) < 0 && errno == EINTR {}
    }

    func add(_ timer: LoopTimer, due: ContinuousClock.Instant) {
        let place = timers.firstIndex { $0.due > due } ?? timers.endIndex
        timers.insert((due, timer), at: place)
    }

    func watch(_ socket: UnsafeMutableRawPointer, _ ready: @escaping () -> Void) -> WatchID {
        lastWatch += 1
        let id = WatchID(number: lastWatch)
        watches.append(Watch(id: id, socket: socket, ready: ready))
        return id
    }

    func unwatch(_ id: WatchID) { watches.removeAll { $0.id == id } }

    /// The thread's whole life. Jobs that were given before the stop are still run.
    func run() {
        while true {
            let (jobs, stopped) = lock.withLock {
                defer { inbox.jobs.removeAll() }
                return (inbox.jobs, inbox.stopped)
            }
            for job in jobs { job() }
            if stopped && jobs.isEmpty { return }
            runTimers()
            if !stopped { serve(awaitReady()) }
        }
    }

    private func runTimers() {
        timers.removeAll { $0.timer.isCancelled }
        let now = ContinuousClock.now
        let count = timers.prefix { $0.due <= now }.count
        let ripe = timers.prefix(count)
        timers.removeFirst(count)
        for (due, timer) in ripe where !timer.isCancelled {
            timer.body()
            if let interval = timer.interval { add(timer, due: max(due + interval, .now)) }
        }
    }

    private func awaitReady() -> [Watch] {
        var items = [zmq_pollitem_t(socket: nil, fd: wakeup, events: Int16(ZMQ_POLLIN), revents: 0)]
        items += watches.map { zmq_pollitem_t(socket: $0.socket, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0) }
        guard zmq_poll(&items, Int32(items.count), timeout) > 0 else { return [] }
        if items[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
        }
        return zip(items.dropFirst(), watches).filter { $0.0.revents != 0 }.map(\.1)
    }

    /// Milliseconds to the next timer, rounded up: a wait that ends just before it would only be begun again. -1
    /// without one.
    private var timeout: Int {
        guard let due = timers.first?.due else { return -1 }
        let left = due - .now
        return left <= .zero ? 0 : left.milliseconds + 1
    }

    private func serve(_ ready: [Watch]) {
        // One that an earlier one unwatched has a socket that is closed by now.
        for watch in ready where watches.contains(where: { $0.id == watch.id }) { watch.ready() }
    }
}
