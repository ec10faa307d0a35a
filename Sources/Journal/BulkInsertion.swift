import GRDB
import GRDBSQLite

/// Inserts many rows into a table, some at a time by one statement.
///
/// To begin and end a statement takes SQLite several times as long as a row in it: a table's CHECK with a list of values makes a table of these
/// anew for every statement. Values are bound where they lie, without a copy of each.
struct BulkInsertion {
    private static let rowsOfStatement = 64

    private enum Value {
        case null
        case number(Int64)
        case text(Range<Int>)
        case blob(Range<Int>)
    }

    private let database: Database
    private let table: String
    private let columns: [String]
    /// Of a full statement.
    private let statement: Statement
    private var values: [Value] = []
    /// Of texts and blobs. The first one is nobody's, so that there is an address for a text without bytes.
    private var bytes: [UInt8] = [0]

    /// - Parameter columns: the names of those that have values; the others get their default.
    init(into table: String, _ columns: [String], _ database: Database) throws {
        (self.database, self.table, self.columns) = (database, table, columns)
        statement = try Self.statement(table, columns, rows: Self.rowsOfStatement, database)
    }

    private static func statement(
        _ table: String, _ columns: [String], rows: Int, _ database: Database
    ) throws -> Statement {
        let row = "(" + columns.map { _ in "?" }.joined(separator: ", ") + ")"
        return try database.makeStatement(
            sql: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES "
                + repeatElement(row, count: rows).joined(separator: ", "))
    }

    // MARK: A row's values, in the order of the columns

    mutating func append(_ number: Int64?) { values.append(number.map { .number($0) } ?? .null) }

    mutating func append(_ text: String?) { values.append(text.map { .text(hold($0.utf8)) } ?? .null) }

    mutating func append(_ blob: [UInt8]?) { values.append(blob.map { .blob(hold($0)) } ?? .null) }

    private mutating func hold(_ content: some Collection<UInt8>) -> Range<Int> {
        let start = bytes.count
        // As one piece, where it is one in memory.
        if content.withContiguousStorageIfAvailable({ bytes.append(contentsOf: $0) }) == nil {
            bytes.append(contentsOf: content)
        }
        return start..<bytes.count
    }

    /// Ends a row whose values were all appended.
    mutating func endRow() throws {
        assert(values.count.isMultiple(of: columns.count), "a row has a value for each of \(columns.count) columns")
        if values.count == columns.count * Self.rowsOfStatement { try insert(by: statement) }
    }

    /// Inserts what is left.
    mutating func finish() throws {
        guard !values.isEmpty else { return }
        try insert(by: Self.statement(table, columns, rows: values.count / columns.count, database))
    }

    private mutating func insert(by statement: Statement) throws {
        let handle = statement.sqliteStatement
        defer {
            sqlite3_reset(handle)
            // The values are gone when this returns.
            sqlite3_clear_bindings(handle)
            values.removeAll(keepingCapacity: true)
            bytes.removeLast(bytes.count - 1)
        }
        try bytes.withUnsafeBufferPointer { bytes in
            for (parameter, value) in zip(Int32(1)..., values) {
                let status =
                    switch value {
                    // NULL already: the values of the row before were cleared.
                    case .null: SQLITE_OK
                    case .number(let number): sqlite3_bind_int64(handle, parameter, number)
                    case .text(let place):
                        bytes.baseAddress?.advanced(by: place.lowerBound).withMemoryRebound(
                            to: CChar.self, capacity: place.count
                        ) { sqlite3_bind_text(handle, parameter, $0, Int32(clamping: place.count), nil) }
                            ?? SQLITE_NOMEM
                    case .blob(let place):
                        sqlite3_bind_blob(
                            handle, parameter, bytes.baseAddress?.advanced(by: place.lowerBound),
                            Int32(clamping: place.count), nil)
                    }
                guard status == SQLITE_OK else { throw failure(status) }
            }
            let status = sqlite3_step(handle)
            guard status == SQLITE_DONE else { throw failure(status) }
        }
    }

    private func failure(_ status: Int32) -> DatabaseError {
        guard let connection = database.sqliteConnection else {
            return DatabaseError(resultCode: ResultCode(rawValue: status))
        }
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
    }
}
