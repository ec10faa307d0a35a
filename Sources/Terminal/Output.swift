import Foundation
import Synchronization

/// Standard output: the answers of a program, each a line that is there at once, for scripts wait for it through a pipe.
///
/// Nothing else may write there, so that it is known whether all of it has arrived.
public enum Output {
    /// Why the first line that was lost was lost.
    private static let failure = Mutex<Int32>(0)

    /// Writes one line and hands it to the system at once. The first line that cannot be written is the last that is tried.
    public static func printLine(_ line: String) {
        failure.withLock { failure in
            guard failure == 0 else { return }
            failure = write(Array((line + "\n").utf8))
        }
    }

    /// The reader has closed its pipe (`| head`): nothing that is written arrives any more.
    public static var isReaderGone: Bool { failure.withLock { $0 } == EPIPE }

    /// Why not everything was written, in the system's words; nil where everything was. A reader that has seen enough and closed its pipe
    /// (`| head`) is no reason to complain.
    static var loss: String? {
        let code = failure.withLock { $0 }
        return code == 0 || code == EPIPE ? nil : String(cString: strerror(code))
    }

    /// - Returns: 0, or the system's number of what went wrong.
    private static func write(_ bytes: [UInt8]) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = Foundation.write(
                    STDOUT_FILENO, bytes.baseAddress?.advanced(by: done), bytes.count - done)
                if count >= 0 {
                    done += count
                } else if errno == EAGAIN {
                    // Somebody else has made the pipe one that does not wait.
                    var waiting = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&waiting, 1, 1_000)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }
}
