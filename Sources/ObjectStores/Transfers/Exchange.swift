import Foundation

/// A request and all its tries. The loop's thread alone touches it once it is handed over.
final class Exchange: @unchecked Sendable {
    let request: ObjectRequest
    let pending = PendingReply()
    var tries = 0
    /// When the first try began.
    var begun: ContinuousClock.Instant?
    /// When the next one is due.
    var due: ContinuousClock.Instant?

    init(_ request: ObjectRequest) { self.request = request }
}
