import Foundation
import GRDB

/// The transaction that several methods of a journal share, and the thread that they are called on. Other threads do not take part in it.
final class SharedTransaction: @unchecked Sendable {
    private let lock = NSLock()
    private var open: (database: Database, thread: pthread_t)?

    func begin(_ database: Database) { lock.withLock { open = (database, pthread_self()) } }

    func end() { lock.withLock { open = nil } }

    /// Nil where none is open, or another thread has it.
    var ofThisThread: Database? {
        lock.withLock { open.flatMap { pthread_equal($0.thread, pthread_self()) != 0 ? $0.database : nil } }
    }
}
