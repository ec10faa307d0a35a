import Foundation

/// Sees every opening of a file in a folder, by whichever process: who works on an image opens it.
public final class OpenWatch: @unchecked Sendable {
    private let descriptor: Int32
    private let onOpen: @Sendable (_ name: String) -> Void
    /// Recursive, because what is called may end the watch.
    private let lock = NSRecursiveLock()
    private var counts: [String: Int] = [:]
    private var isStopped = false

    /// - Parameter onOpen: called at once, on the watch's thread; never again once the watch has ended. It waits for nothing.
    public init(_ folder: String, onOpen: @escaping @Sendable (_ name: String) -> Void = { _ in }) throws {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        self.onOpen = onOpen
        guard descriptor >= 0, inotify_add_watch(descriptor, folder, UInt32(IN_OPEN)) >= 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
        let thread = Thread { [self] in read() }
        thread.qualityOfService = .userInteractive
        thread.start()
    }

    deinit { close(descriptor) }

    /// How often each file was opened.
    public var openings: [String: Int] { lock.withLock { counts } }
    /// How often files were opened in all.
    public var total: Int { openings.values.reduce(0, +) }

    /// Ends the watch: when this returns, nothing is called any more.
    public func stop() { lock.withLock { isStopped = true } }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !lock.withLock({ isStopped }) {
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 100) > 0 else { continue }
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { continue }
            for name in Self.names(buffer[..<count]) {
                lock.withLock {
                    counts[name, default: 0] += 1
                    if !isStopped { onOpen(name) }
                }
            }
        }
    }

    /// Each event is four 32-bit numbers, the last of which says how long the name after them is, padded by zeros.
    private static func names(_ bytes: ArraySlice<UInt8>) -> [String] {
        var (rest, names) = (bytes, [String]())
        while rest.count >= 16 {
            let length = rest.dropFirst(12).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
            // Without a name it is the folder itself.
            if !name.isEmpty { names.append(String(decoding: name, as: UTF8.self)) }
            rest = rest.dropFirst(16 + length)
        }
        return names
    }
}
