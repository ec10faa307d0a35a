import Foundation
import ProcessControl
import Storage
import Transport

/// Jobs of one process, one after the other, at one address and with the same workers.
///
/// A job's coordinator stays open until the next one's begins to listen. Its workers then find another coordinator at its address, to
/// which their sessions say nothing, and begin anew, as they do when a coordinator was killed and started again. Workers are dismissed
/// once, at the end.
final class JobSeries: Sendable {
    private struct State: Sendable {
        var open: (coordinator: Coordinator, bound: Endpoint)?
        var local: LocalWorkers?
        var isStopped = false
    }

    /// Prints lines that are about the whole series.
    let announce: @Sendable (String) -> Void
    private let state = Locked(State())
    private let signals: StopSignals

    init(announce: @escaping @Sendable (String) -> Void) {
        self.announce = announce
        let state = state
        signals = StopSignals {
            let open = state.withLock { state in
                state.isStopped = true
                return state.open
            }
            if let open { Task { await open.coordinator.stop() } }
        }
    }

    /// Whether somebody asked the process to stop.
    var isStopped: Bool { state.withLock(\.isStopped) }

    /// Begins to listen where the job before did, as soon as that has let go of the address.
    /// - Parameter listen: binds an address. Jobs after the first bind the address that the first one got.
    func listen(
        _ coordinator: Coordinator, at endpoint: Endpoint, _ listen: (Endpoint) async throws -> Endpoint
    ) async throws -> Endpoint {
        let before = state.withLock(\.open)
        await before?.coordinator.close()
        var tries = 0
        while true {
            do {
                let bound = try await listen(before?.bound ?? endpoint)
                let isStopped = state.withLock { state in
                    state.open = (coordinator, bound)
                    return state.isStopped
                }
                if isStopped { await coordinator.stop() }
                return bound
            } catch  where before != nil && tries < 100 {
                // libzmq releases a closed socket's address on a thread of its own, so binding it again may fail for a moment.
                tries += 1
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Has the workers of this machine serve a job; for the first one they are started.
    func startWorkers(for coordinator: Coordinator, at bound: Endpoint, _ make: () -> LocalWorkers) async throws {
        let local = state.withLock(\.local) ?? make()
        state.withLock { $0.local = local }
        await coordinator.whenStuck { local.end($0) }
        local.serve(coordinator, at: bound)
        try local.complete()
    }

    /// Ends the series: workers are dismissed, unless somebody asked to stop; then they wait for the next start.
    func finish() async {
        let (open, local, isStopped) = state.withLock { ($0.open, $0.local, $0.isStopped) }
        if !isStopped { await open?.coordinator.dismiss() }
        await open?.coordinator.close()
        local?.stop()
        signals.stop()
    }
}
