import Foundation

/// A listener's gate where descriptors run out: so many connections, and who comes on top is turned away.
///
/// ZeroMQ leaves a connection that it cannot take in the listener's queue and at once tries again, for ever. So one
/// descriptor is kept in reserve, with which such a connection can be taken and closed.
struct ListeningGate: ~Copyable {
    private var listener: Int32?
    private var reserve = openNothing()

    deinit { if reserve >= 0 { close(reserve) } }

    /// Connections that leave descriptors for files; nil where there is no limit of open files.
    let mostConnections: Int? = {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur != .max
        else { return nil }
        let files = Int(clamping: limit.rlim_cur)
        return files - min(256, files / 2)
    }()

    /// Listening has begun.
    mutating func opened(_ descriptor: Int32) {
        // Where nobody is left to be taken, nobody is waited for.
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        listener = descriptor
    }

    /// Takes a connection that ZeroMQ could not take, and closes it.
    mutating func turnAway() {
        guard let listener else { return }
        if reserve >= 0 { close(reserve) }
        let stranger = accept(listener, nil, nil)
        if stranger >= 0 { close(stranger) }
        reserve = Self.openNothing()
    }

    private static func openNothing() -> Int32 { open("/dev/null", O_RDONLY | O_CLOEXEC) }
}
