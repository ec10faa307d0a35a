import Dispatch
import Foundation

/// Tells when the process that started this one has ended: then the system gives this process another parent.
public final class ParentWatch: Sendable {
    private let timer: any DispatchSourceTimer & Sendable

    /// - Parameter onEnd: called once, on a thread of its own.
    public init(onEnd: @escaping @Sendable () -> Void) {
        let parent = getppid()
        let source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "parent"))
        source.schedule(deadline: .now() + 1, repeating: 1)
        source.setEventHandler { [weak source] in
            guard getppid() != parent else { return }
            source?.cancel()
            onEnd()
        }
        timer = source
        source.resume()
    }
}
