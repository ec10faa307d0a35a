import Foundation

/// Faults that tell of the machine and not of the file, and may be over in a moment: a file server that was away, a table that was full.
package enum MachineFault {
    private static let codes: Set<Int32> = [
        EMFILE, ENFILE, ENOMEM, EAGAIN, EINTR, EIO, EREMOTEIO, ESTALE, ETIMEDOUT, ECONNRESET, ECONNABORTED, ENOTCONN,
        EHOSTDOWN,
        EHOSTUNREACH, ENETDOWN, ENETUNREACH,
    ]

    /// Tries again after such a fault.
    /// - Parameter pauses: how long to wait before each further try, in seconds.
    /// - Throws: what `attempt` throws: at once where it is no fault of the machine, at last where it is.
    package static func outlast<Result>(pauses: [Double], _ attempt: () throws -> Result) throws -> Result {
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
