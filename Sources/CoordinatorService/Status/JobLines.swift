import Dispatch
import LiveStatus
import Storage
import Terminal

/// Says how a job goes, in lines of JSON. It looks twice a second at what the coordinator has left; who reads slowly holds up nothing else.
final class JobLines: Sendable {
    private struct State: Sendable {
        var log = JobEventLog()
        var jobNumber = 0
        var isOver = false
    }

    private let monitor: JobMonitor
    private let print: @Sendable (String) -> Void
    private let queue = DispatchQueue(label: "lines")
    private let state = Locked(State())
    // Set once, in init; thread-safe itself.
    nonisolated(unsafe) private let timer: any DispatchSourceTimer

    init(_ monitor: JobMonitor, print: @escaping @Sendable (String) -> Void) {
        (self.monitor, self.print) = (monitor, print)
        timer = DispatchSource.makeTimerSource(queue: queue)
    }

    func start(command: String, job: String) {
        say(.started(version: Release.version, command: command, job: job))
        monitor.whenJobEnds { [weak self] in self?.look() }
        timer.schedule(deadline: .now() + .milliseconds(500), repeating: .milliseconds(500))
        timer.setEventHandler { [weak self] in self?.look() }
        timer.resume()
    }

    func say(_ line: JobEventLine) { state.withLock { _ in print(line.json) } }

    func end(_ status: ExitStatus, _ error: String?) {
        timer.cancel()
        look()
        state.withLock { state in
            state.isOver = true
            print(JobEventLine.done(status: status.rawValue, error: error).json)
        }
    }

    private func look() {
        state.withLock { state in
            guard !state.isOver else { return }
            let (number, product) = (monitor.number, monitor.product)
            if state.jobNumber != number {
                (state.jobNumber, state.log) = (number, JobEventLog())
                if let product {
                    print(JobEventLine.product(place: product.place, count: product.count, name: product.name).json)
                }
            }
            guard let run = monitor.newest, run.job == number else { return }
            let lines = state.log.lines(of: run.book, clock: run.now) { monitor.record(of: $0)?.path ?? "image \($0)" }
            for line in lines { print(line.json) }
        }
    }
}
