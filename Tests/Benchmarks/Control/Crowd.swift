import CEpoll
import CZeroMQ
import Cluster
import Foundation

/// Many workers on one thread.
final class Crowd {
    private struct Member {
        var worker: PlayedWorker
        let socket: CrowdSocket
        var isConnected = false
    }

    /// Each is told of the time so often, in milliseconds.
    private static let tick: Int64 = 500
    private static let report: Int64 = 100

    private var members: [Member] = []
    private var counts = PlayedWorker.Counts()
    private var works = false
    private let poll = epoll_create1(Int32(EPOLL_CLOEXEC))
    private let start = ContinuousClock.now

    init(name: String, workers: Int, leases: Int?, endpoint: String, keys: CrowdKeys?) throws {
        guard let context = zmq_ctx_new(), zmq_ctx_set(context, ZMQ_MAX_SOCKETS, Int32(workers + 16)) == 0 else {
            throw ControlError.ofZeroMQ("a context")
        }
        for number in 0..<workers {
            let socket = try CrowdSocket(in: context, to: endpoint, keys: keys)
            watch(socket.descriptor, number)
            let worker = PlayedWorker(
                name: "\(name)-\(number)", incarnation: UInt64.random(in: 0..<1 << 52), leases: leases)
            members.append(Member(worker: worker, socket: socket))
        }
        watch(STDIN_FILENO, -1)
    }

    private func watch(_ descriptor: Int32, _ number: Int) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue
        event.data.u64 = UInt64(bitPattern: Int64(number))
        epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event)
    }

    private var now: Instant { Instant(milliseconds: Int64(start.duration(to: .now) / .milliseconds(1))) }

    /// Plays until standard input ends.
    func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 1_024)
        var (ticked, reported) = (Int64(0), Int64(0))
        while true {
            let count = epoll_wait(poll, &events, Int32(events.count), 10)
            for event in events.prefix(max(0, Int(count))) {
                let number = Int(Int64(bitPattern: event.data.u64))
                if number >= 0 {
                    serve(number)
                } else if !obey() {
                    return
                }
            }
            // The ticks of all are spread over the interval.
            let due = now.milliseconds * Int64(members.count) / Self.tick
            for turn in max(ticked, due - Int64(members.count))..<due {
                let number = Int(turn) % members.count
                members[number].worker.feed(.tick, at: now, works: works, &counts)
                serve(number)
            }
            ticked = due
            if now.milliseconds - reported >= Self.report {
                reported = now.milliseconds
                let line = "\(counts.sessions) \(counts.prepared) \(counts.dealt) \(counts.acknowledged)\n"
                guard (try? FileHandle.standardOutput.write(contentsOf: Data(line.utf8))) != nil else { return }
            }
        }
    }

    private func serve(_ number: Int) {
        let socket = members[number].socket
        var hasHeard = true
        while hasHeard {
            hasHeard = false
            while let parts = socket.receive() {
                hasHeard = true
                members[number].worker.hear(parts, at: now, works: works, &counts)
            }
            for parts in members[number].worker.takeOutgoing() { socket.send(parts) }
        }
        let isConnected = socket.isConnected
        guard isConnected != members[number].isConnected else { return }
        members[number].isConnected = isConnected
        guard isConnected else { return }
        members[number].worker.feed(.connected, at: now, works: works, &counts)
        for parts in members[number].worker.takeOutgoing() { socket.send(parts) }
    }

    /// - Returns: false at the input's end.
    private func obey() -> Bool {
        guard let line = readLine() else { return false }
        guard line == "work" else { return true }
        works = true
        for number in members.indices {
            members[number].worker.reportHeld(at: now, &counts)
            serve(number)
        }
        return true
    }
}
