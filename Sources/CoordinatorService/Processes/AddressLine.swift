import Foundation
import Storage
import Transport

/// The way by which a worker that was started early is told the coordinator's address: its standard input. Where the coordinator ends before
/// it has one, the input ends, and so does the worker.
final class AddressLine: @unchecked Sendable {
    /// The worker's standard input.
    let workersEnd: FileHandle
    private let ownEnd: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        // A socket and not a pipe: to write to a worker that has died is an error there, and no signal.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw StorageError.fromErrno("make", "a socket for a worker")
        }
        ownEnd = ends[0]
        workersEnd = FileHandle(fileDescriptor: ends[1], closeOnDealloc: true)
    }

    deinit { close(ownEnd) }

    /// Closes this process's copy of the worker's end, which the worker has now.
    func leaveToWorker() { try? workersEnd.close() }

    /// A worker that does not hear it any more has ended, and is missed elsewhere.
    func tell(_ endpoint: Endpoint) {
        let line = Array("\(endpoint)\n".utf8)
        _ = send(ownEnd, line, line.count, Int32(MSG_NOSIGNAL))
    }
}
