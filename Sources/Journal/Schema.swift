import GRDB

/// The tables, and how a journal of an older version becomes one of this version.
enum Schema {
    /// "PaDi", in the file's header: tells a journal from any other SQLite file.
    static let applicationID = 0x5061_4469

    /// Migrations are named by the format version that they lead to. One that has shipped is never edited.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try createVersion1($0) }
        return migrator
    }

    /// The version that this release writes.
    static var newest: String { migrator.migrations.last ?? "none" }

    private static func createVersion1(_ database: Database) throws {
        try database.execute(
            sql: """
                PRAGMA application_id = \(applicationID);

                -- Values fixed during the job, as JSON.
                CREATE TABLE meta (
                    key TEXT PRIMARY KEY,
                    value TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;

                -- In the order of the lists; the images of a role have consecutive numbers.
                CREATE TABLE images (
                    id INTEGER PRIMARY KEY,
                    role TEXT NOT NULL CHECK (role IN ('normal', 'inspect')),
                    path TEXT NOT NULL,
                    file TEXT NOT NULL,
                    output TEXT,
                    status TEXT CHECK (status IN ('ok', 'unreadable', 'poison')),
                    reason TEXT,
                    score REAL,
                    max_row INTEGER,
                    max_col INTEGER,
                    flagged INTEGER,
                    map_path TEXT
                ) STRICT;

                CREATE TABLE partials (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    file TEXT NOT NULL UNIQUE,
                    images INTEGER NOT NULL CHECK (images >= 0),
                    clamped INTEGER NOT NULL CHECK (clamped >= 0),
                    digest TEXT NOT NULL
                ) STRICT;

                -- A committed shard of normal images names the partial that counts them, unless all of them failed.
                CREATE TABLE shards (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    role TEXT NOT NULL CHECK (role IN ('normal', 'inspect')),
                    first_image INTEGER NOT NULL REFERENCES images (id),
                    images INTEGER NOT NULL CHECK (images > 0),
                    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'committed')),
                    partial INTEGER REFERENCES partials (id),
                    attempts INTEGER NOT NULL DEFAULT 0
                ) STRICT;
                CREATE INDEX shards_of_partial ON shards (partial);
                """)
    }
}
