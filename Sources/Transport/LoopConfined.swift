/// A value that is touched on one loop's thread only, held by objects that any thread may hold.
struct LoopConfined<Value>: @unchecked Sendable {
    private let value: Value
    private let loop: EventLoop

    init(_ value: Value, to loop: EventLoop) { (self.value, self.loop) = (value, loop) }

    /// - Precondition: on the loop's thread.
    func use<Result>(_ body: (Value) throws -> Result) rethrows -> Result {
        loop.preconditionIsolated()
        return try body(value)
    }
}
