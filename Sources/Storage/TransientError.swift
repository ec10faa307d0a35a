import Foundation

/// Errors whose cause is the machine and not the file, and which may be over in a moment: a file server that does not answer, a table that
/// is full.
package enum TransientError {
    private static let codes: Set<Int32> = [
        EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR, EIO, EREMOTEIO, ESTALE, ETIMEDOUT, ECONNRESET, ECONNABORTED, ENOTCONN,
        EHOSTDOWN,
        EHOSTUNREACH, ENETDOWN, ENETUNREACH,
    ]

    /// Tries again after such an error.
    /// - Parameter pauses: how long to wait before each further try, in seconds.
    /// - Throws: what `attempt` throws: at once where the error is not transient, after the last try where it is.
    package static func retry<Result>(pauses: [Double], _ attempt: () throws -> Result) throws -> Result {
        for pause in pauses {
            do {
                return try attempt()
            } catch let error as StorageError where error.code.map(codes.contains) == true {
                usleep(useconds_t(pause * 1_000_000))
            }
        }
        return try attempt()
    }
}
