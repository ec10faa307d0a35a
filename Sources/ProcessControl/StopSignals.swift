import Dispatch
import Foundation

/// SIGINT and SIGTERM: the first asks the job to stop, the second ends the process at once.
public final class StopSignals: @unchecked Sendable {
    // Set once, in init; thread-safe themselves.
    private let sources: [any DispatchSourceSignal]

    /// - Parameter onFirst: called once, on a thread of its own.
    public init(onFirst: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        let count = Count()
        sources = [SIGINT, SIGTERM].map { number in
            // The default action would end the process before the source is notified.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                count.value += 1
                if count.value == 1 { onFirst() } else { _exit(128 + number) }
            }
            source.resume()
            return source
        }
    }

    /// Listens no longer; both signals stay ignored.
    public func stop() {
        for source in sources { source.cancel() }
    }

    /// Touched on the signals' queue only.
    private final class Count: @unchecked Sendable { var value = 0 }
}
