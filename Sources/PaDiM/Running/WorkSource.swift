import Foundation

/// Work that is taken one element after the other. More may come while the first is under way.
public final class WorkSource<Element: Sendable>: @unchecked Sendable {
    private let take: @Sendable () throws -> Element?
    private let lock = NSLock()
    private var listener: (@Sendable () -> Void)?

    /// - Parameter next: gives the next element, or nil while there is none. Called by one thread at a time; short.
    public init(_ next: @escaping @Sendable () throws -> Element?) { take = next }

    /// Says that there may be more, to threads that found nothing while others were still at work.
    public func announce() { lock.withLock { listener }?() }

    /// The next element; nil while there is none.
    public func next() throws -> Element? { try take() }

    func onAnnouncement(_ listener: (@Sendable () -> Void)?) { lock.withLock { self.listener = listener } }
}

extension WorkSource {
    /// The same elements in another form, at the same times.
    public func map<Other: Sendable>(_ transform: @escaping @Sendable (Element) throws -> Other) -> WorkSource<Other> {
        followed { try self.next().map(transform) }
    }

    /// A source that may have more whenever this one may.
    func followed<Other: Sendable>(_ next: @escaping @Sendable () throws -> Other?) -> WorkSource<Other> {
        let follower = WorkSource<Other>(next)
        onAnnouncement { [weak follower] in follower?.announce() }
        return follower
    }

    /// A source that is known in full.
    public convenience init(_ elements: some Sequence<Element>) {
        let rest = Rest(Array(elements))
        self.init { rest.next() }
    }

    private final class Rest: @unchecked Sendable {
        private var elements: [Element]
        private let lock = NSLock()

        init(_ elements: [Element]) { self.elements = elements.reversed() }

        func next() -> Element? { lock.withLock { elements.popLast() } }
    }
}
