import CCurl
import Foundation
import Storage

/// Carries out requests on a thread of its own, which has all connections: several are under way at once, and connections stay for those
/// that follow.
final class TransferLoop: @unchecked Sendable {
    private struct Inbox {
        var exchanges: [Exchange] = []
        var isStopped = false
    }

    private let settings: ObjectStoreSettings
    private let policy: RetryPolicy
    /// Told when a server is waited for.
    private let notice: @Sendable (String) -> Void
    /// Closed by the thread as its last act; only `curl_multi_wakeup` is called by others, and not after that.
    private let multi: UnsafeMutableRawPointer
    private let inbox = Locked(Inbox())

    // Touched by the thread only.
    private var ready: [Exchange] = []
    private var delayed: [Exchange] = []
    private var active: [UnsafeMutableRawPointer: Attempt] = [:]
    private var lastNotice: ContinuousClock.Instant?

    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Throws: `ObjectSettingsError` where libcurl cannot be had.
    init(_ settings: ObjectStoreSettings, notice: @escaping @Sendable (String) -> Void) throws {
        guard Self.isReady, let multi = curl_multi_init() else {
            throw ObjectSettingsError("libcurl cannot be set up: there is no memory for it")
        }
        (self.settings, self.notice, self.multi) = (settings, notice, multi)
        policy = RetryPolicy(timeout: settings.timeout)
        curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.connections)
        let thread = Thread { [self] in run() }
        thread.name = "objects"
        thread.start()
    }

    func submit(_ request: ObjectRequest) -> PendingReply {
        let exchange = Exchange(request)
        inbox.withLock { inbox in
            guard !inbox.isStopped else {
                return exchange.pending.settle(.failure(stopped(exchange)))
            }
            inbox.exchanges.append(exchange)
            // Under the lock: the thread closes what is woken up only when it has seen that it is to stop.
            curl_multi_wakeup(multi)
        }
        return exchange.pending
    }

    /// Ends the thread. What is under way fails.
    func stop() {
        inbox.withLock { inbox in
            inbox.isStopped = true
            curl_multi_wakeup(multi)
        }
    }

    private func stopped(_ exchange: Exchange) -> ObjectStoreError {
        ObjectStoreError(
            exchange.request.address.text, .unreachable, "the request was given up, since the program is ending")
    }

    // MARK: The thread

    private func run() {
        // A server that closes a connection is told by an error, and not by the signal that would end the process.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while takeInbox() {
            startReady()
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            if settleFinished() == 0 { curl_multi_poll(multi, nil, 0, millisecondsToNext(), nil) }
        }
        for attempt in active.values { curl_multi_remove_handle(multi, attempt.easy) }
        for exchange in active.values.map(\.exchange) + ready + delayed {
            exchange.pending.settle(.failure(stopped(exchange)))
        }
        active = [:]
        curl_multi_cleanup(multi)
    }

    /// - Returns: whether to go on.
    private func takeInbox() -> Bool {
        let (new, isStopped) = inbox.withLock { inbox in
            defer { inbox.exchanges = [] }
            return (inbox.exchanges, inbox.isStopped)
        }
        let now = ContinuousClock.now
        ready += new + delayed.filter { ($0.due ?? now) <= now }
        delayed.removeAll { ($0.due ?? now) <= now }
        return !isStopped
    }

    private func startReady() {
        let count = min(ready.count, max(0, settings.connections - active.count))
        for exchange in ready.prefix(count) {
            exchange.begun = exchange.begun ?? .now
            exchange.tries += 1
            do {
                let attempt = try Attempt(exchange, settings)
                guard curl_multi_add_handle(multi, attempt.easy) == CURLM_OK else {
                    throw ObjectStoreError(
                        exchange.request.address.text, .unreachable, "there is no memory for a request")
                }
                active[attempt.easy] = attempt
            } catch let error as ObjectStoreError {
                exchange.pending.settle(.failure(error))
            } catch {
                exchange.pending.settle(
                    .failure(ObjectStoreError(exchange.request.address.text, .refused, "\(error)")))
            }
        }
        ready.removeFirst(count)
    }

    /// - Returns: how many requests have come to an end.
    private func settleFinished() -> Int {
        var count = 0
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            var code = CURLE_OK
            guard let easy = curl_finished_transfer(message, &code), let attempt = active.removeValue(forKey: easy)
            else {
                continue
            }
            let reply = attempt.reply(code)
            curl_multi_remove_handle(multi, easy)
            settle(attempt.exchange, reply)
            count += 1
        }
        return count
    }

    private func settle(_ exchange: Exchange, _ reply: Reply) {
        switch Judgement(reply, to: exchange.request, settings) {
        case .done(let reply): exchange.pending.settle(.success(reply))
        case .failed(let error): exchange.pending.settle(.failure(error))
        case .again(let error, let asked, let tries):
            let elapsed = exchange.begun.map { ContinuousClock.now - $0 } ?? .zero
            let pause = policy.pause(
                tries: exchange.tries, elapsed: elapsed / .seconds(1), asked: asked, random: Double.random(in: 0...1))
            guard let pause, exchange.tries < tries ?? .max else {
                let words =
                    exchange.tries == 1 ? "" : "; tried \(exchange.tries) times in \(Int(elapsed / .seconds(1))) s"
                exchange.pending.settle(
                    .failure(ObjectStoreError(error.address, error.kind, error.reason + words)))
                return
            }
            exchange.due = .now + .seconds(pause)
            delayed.append(exchange)
            tell(of: error, elapsed)
        }
    }

    private func tell(of error: ObjectStoreError, _ elapsed: Duration) {
        let now = ContinuousClock.now
        let pause = Duration.seconds(settings.noticePause)
        guard elapsed >= pause, lastNotice.map({ now - $0 >= pause }) ?? true else { return }
        lastNotice = now
        notice("\(error); trying again, for \(Int(policy.timeout)) s in all")
    }

    private func millisecondsToNext() -> Int32 {
        guard let next = delayed.compactMap(\.due).min() else { return 60_000 }
        return Int32(min(60_000, max(0, ((next - .now) / .milliseconds(1)).rounded(.up))))
    }
}
