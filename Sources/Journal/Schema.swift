import GRDB

/// The tables, and how a journal of an older version becomes one of this version.
enum Schema {
    /// "PaDi", in the file's header: tells a journal from any other SQLite file.
    static let applicationID = 0x5061_4469

    /// Migrations are named by the format version that they lead to. One that has shipped is never edited.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try createVersion1($0) }
        // Tables are made anew while nothing refers to them; GRDB looks at the end whether all references are met.
        migrator.registerMigration("2", foreignKeyChecks: .deferred) { try createVersion2($0) }
        migrator.registerMigration("3") { try createVersion3($0) }
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

    /// Any role is taken: what roles there are is the program's matter. SQLite cannot drop a CHECK, so tables are made anew
    /// (https://www.sqlite.org/lang_altertable.html, 7).
    private static func createVersion2(_ database: Database) throws {
        try database.execute(
            sql: """
                CREATE TABLE new_images (
                    id INTEGER PRIMARY KEY,
                    role TEXT NOT NULL,
                    path TEXT NOT NULL,
                    file TEXT NOT NULL,
                    output TEXT,
                    status TEXT CHECK (status IN ('ok', 'unreadable', 'poison')),
                    reason TEXT,
                    score REAL,
                    max_row INTEGER,
                    max_col INTEGER,
                    flagged INTEGER,
                    map_path TEXT,
                    -- Of the file's content; NULL where it is not known.
                    digest BLOB CHECK (length(digest) = 16),
                    -- NULL where lots are not known.
                    lot INTEGER
                ) STRICT;
                INSERT INTO new_images (
                    id, role, path, file, output, status, reason, score, max_row, max_col, flagged, map_path
                ) SELECT id, role, path, file, output, status, reason, score, max_row, max_col, flagged, map_path FROM images;

                CREATE TABLE new_shards (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    role TEXT NOT NULL,
                    first_image INTEGER NOT NULL REFERENCES images (id),
                    images INTEGER NOT NULL CHECK (images > 0),
                    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'committed')),
                    -- The sums that hold its images, where its stage folds them and some did not fail.
                    partial INTEGER REFERENCES partials (id),
                    attempts INTEGER NOT NULL DEFAULT 0,
                    -- What its stage's work gave for the whole shard, where it gives such.
                    payload BLOB
                ) STRICT;
                INSERT INTO new_shards (id, role, first_image, images, state, partial, attempts)
                    SELECT id, role, first_image, images, state, partial, attempts FROM shards;
                -- The numbers of shards that are gone are not used again either.
                DELETE FROM sqlite_sequence WHERE name = 'new_shards';
                INSERT INTO sqlite_sequence (name, seq) SELECT 'new_shards', seq FROM sqlite_sequence WHERE name = 'shards';

                DROP TABLE shards;
                DROP TABLE images;
                ALTER TABLE new_images RENAME TO images;
                ALTER TABLE new_shards RENAME TO shards;
                CREATE INDEX shards_of_partial ON shards (partial);

                -- NULL where lots are not known.
                ALTER TABLE partials ADD COLUMN lot INTEGER;
                """)
    }

    /// Which images a partial counts follows from its role and lot. Earlier versions had partials of normal images only.
    private static func createVersion3(_ database: Database) throws {
        try database.execute(
            sql: """
                -- The role of the images that it counts.
                ALTER TABLE partials ADD COLUMN role TEXT NOT NULL DEFAULT 'normal';
                -- NULL where the sums of its images are not kept apart from others'.
                ALTER TABLE shards ADD COLUMN lot INTEGER;
                -- 1: the image was taken out of the fit, or never was in it. Then it has no status.
                ALTER TABLE images ADD COLUMN excluded INTEGER NOT NULL DEFAULT 0;
                -- Where the score is highest, in the image's own pixels; NULL where it is not known.
                ALTER TABLE images ADD COLUMN image_row INTEGER;
                ALTER TABLE images ADD COLUMN image_col INTEGER;
                -- Where the image is, as far as its file does not say it, as JSON; NULL for a file.
                ALTER TABLE images ADD COLUMN place TEXT;
                -- The mask of the image's own region of interest, likewise; NULL where it has none.
                ALTER TABLE images ADD COLUMN roi TEXT;
                ALTER TABLE images ADD COLUMN roi_place TEXT;
                -- The worker that folded its images, and the instruction set of its features; NULL where the job had no audit then.
                ALTER TABLE partials ADD COLUMN maker TEXT;
                ALTER TABLE partials ADD COLUMN maker_set TEXT;
                -- Of the features of its images, as its worker says; NULL where the job had no audit then.
                ALTER TABLE shards ADD COLUMN fingerprint INTEGER;
                -- Another worker that says the same of it; NULL where none was asked.
                ALTER TABLE shards ADD COLUMN audited_by TEXT;
                -- The worker that scored its images, and its instruction set; NULL where an earlier release took the scores, and of sums.
                ALTER TABLE shards ADD COLUMN scored_by TEXT;
                ALTER TABLE shards ADD COLUMN scored_set TEXT;
                """)
    }

    /// What tables of an earlier version lack, with its value there.
    private static let columnsSince: [(version: String, table: String, columns: [(name: String, value: String)])] = [
        ("2", "images", [("digest", "NULL"), ("lot", "NULL")]), ("2", "shards", [("payload", "NULL")]),
        ("2", "partials", [("lot", "NULL")]),
        (
            "3", "shards",
            [
                ("lot", "NULL"), ("fingerprint", "NULL"), ("audited_by", "NULL"), ("scored_by", "NULL"),
                ("scored_set", "NULL"),
            ]
        ),
        ("3", "partials", [("role", "'normal'"), ("maker", "NULL"), ("maker_set", "NULL")]),
        (
            "3", "images",
            [
                ("excluded", "0"), ("place", "NULL"), ("image_row", "NULL"), ("image_col", "NULL"), ("roi", "NULL"),
                ("roi_place", "NULL"),
            ]
        ),
    ]

    /// Lets a connection that only reads see an earlier version's tables as those of the newest: with the columns that were added since,
    /// which have the value that a migration gives them. They are views of this connection, and the file is not changed.
    static func showAsNewest(_ database: Database) throws {
        let applied = try migrator.appliedIdentifiers(database)
        let lacking = Dictionary(grouping: columnsSince.filter { !applied.contains($0.version) }, by: \.table)
        for (table, groups) in lacking {
            let added = groups.flatMap(\.columns).map { "\($0.value) AS \($0.name)" }.joined(separator: ", ")
            try database.execute(sql: "CREATE TEMP VIEW \(table) AS SELECT *, \(added) FROM main.\(table)")
        }
    }
}
