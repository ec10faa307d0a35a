/// Files of tables that are known and not read.
enum ForeignTable: CaseIterable {
    case parquet, arrow, excel, sqlite

    /// By the file's first bytes; nil: none of them.
    init?(_ bytes: some Collection<UInt8>) {
        guard let kind = Self.allCases.first(where: { $0.beginnings.contains { bytes.starts(with: $0) } }) else {
            return nil
        }
        self = kind
    }

    private var beginnings: [[UInt8]] {
        switch self {
        // The second is that of files whose footer is encrypted.
        case .parquet: [Array("PAR1".utf8), Array("PARE".utf8)]
        case .arrow: [Array("ARROW1".utf8), Array("FEA1".utf8)]
        case .excel: [[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]]
        case .sqlite: [Array("SQLite format 3\0".utf8)]
        }
    }

    /// Why it is not read, and what helps.
    /// - Parameter path: the file's, for the command. One that would need to be quoted there is not put in.
    func reason(_ path: String) -> String {
        let isPlain = path.utf8.allSatisfy { byte in
            byte > 127 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "@")...UInt8(ascii: "Z") ~= byte
                || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || "/._-+ ".utf8.contains(byte)
        }
        let path = isPlain ? path : "FILE"
        let table = MaskNames.stem(FilePath.split(path).name) + ".csv"
        switch self {
        case .parquet:
            return
                "a Parquet file, which is not read: Debian has no library for Parquet, and the one Swift package that reads it brings "
                + "a whole database with it. Convert it to CSV in the same folder: duckdb -c \"COPY (FROM '\(path)') TO '\(table)' (HEADER)\", "
                + "or python3 -c \"import pandas; pandas.read_parquet('\(path)').to_csv('\(table)', index=False)\""
        case .arrow:
            return
                "an Arrow or Feather file, which is not read. Convert it to CSV in the same folder: "
                + "python3 -c \"import pandas; pandas.read_feather('\(path)').to_csv('\(table)', index=False)\""
        case .excel: return "a spreadsheet of Excel, not a list of images; save it as CSV in UTF-8"
        case .sqlite:
            return
                "a database of SQLite, not a list of images; write the table as CSV: sqlite3 -csv -header '\(path)' 'select * from TABLE' > '\(table)'"
        }
    }
}
