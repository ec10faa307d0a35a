/// The disk is full, and what did not fit.
struct DiskFull: Error { let what: String }

/// The files of a job's directory as processes see them, and what of them would be left after a power cut: bytes that were synced, names
/// whose folder was synced. A process that dies loses nothing that it wrote.
///
/// Several machines write there. What one has not synced is in that machine's cache: only that machine's sync brings it to the disk, and
/// only its power cut loses it.
struct SimulatedDisk {
    private struct File {
        var bytes: [UInt8] = []
        var synced: [UInt8] = []
        /// The machine whose cache has bytes that are not on the disk.
        var dirtyOn: Int?
        var isDirty: Bool { dirtyOn != nil }
    }

    private struct Folder {
        var names: [String: Int] = [:]
        var durable: [String: Int] = [:]
        /// The machines that gave files names that are not on the disk.
        var renamedOn: [String: Int] = [:]
    }

    /// The coordinator's machine.
    static let home = 0

    private(set) var isFull = false
    /// There is no space left, and only the next sync finds out: the bytes before it were taken.
    private var fillsAtSync = false
    private var timesFull = 0
    private var files: [Int: File] = [:]
    private var folders: [String: Folder] = [:]
    private var lastFile = 0

    /// From now on there is no space: every second time for a sync first.
    mutating func fill() {
        timesFull += 1
        if timesFull.isMultiple(of: 2) { fillsAtSync = true } else { isFull = true }
    }

    mutating func makeRoom() {
        isFull = false
        fillsAtSync = false
    }

    private mutating func requireRoomForSync() throws {
        if fillsAtSync { isFull = true }
        guard !isFull else { throw DiskFull(what: "a sync") }
    }

    /// Makes an empty file under a temporary name.
    /// - Returns: what it is called until it is renamed.
    mutating func create(in folder: String) throws -> Int {
        guard !isFull else { throw DiskFull(what: "a new file") }
        lastFile += 1
        files[lastFile] = File()
        folders[folder, default: Folder()].names["temporary \(lastFile)"] = lastFile
        return lastFile
    }

    mutating func write(_ file: Int, _ bytes: [UInt8], at offset: Int, on machine: Int = home) throws {
        guard !isFull else { throw DiskFull(what: "bytes of a file") }
        guard var content = files[file]?.bytes else { return }
        if content.count < offset + bytes.count {
            content += [UInt8](repeating: 0, count: offset + bytes.count - content.count)
        }
        content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        files[file]?.bytes = content
        files[file]?.dirtyOn = machine
    }

    /// What was written may find its place on the disk only now.
    mutating func sync(_ file: Int) throws {
        try requireRoomForSync()
        flush(file)
    }

    mutating func sync(named name: String, in folder: String) throws {
        if let file = folders[folder]?.names[name] { try sync(file) }
    }

    private mutating func flush(_ file: Int) {
        guard let content = files[file]?.bytes else { return }
        files[file]?.synced = content
        files[file]?.dirtyOn = nil
    }

    mutating func rename(_ file: Int, to name: String, in folder: String, on machine: Int = home) {
        folders[folder]?.names["temporary \(file)"] = nil
        folders[folder]?.names[name] = file
        folders[folder]?.renamedOn[name] = machine
    }

    /// Gives a file that has a name another one.
    /// - Returns: whether there was one.
    @discardableResult
    mutating func rename(named old: String, to name: String, in folder: String, on machine: Int = home) -> Bool {
        guard let file = folders[folder]?.names.removeValue(forKey: old) else { return false }
        folders[folder]?.renamedOn[old] = machine
        folders[folder]?.names[name] = file
        folders[folder]?.renamedOn[name] = machine
        return true
    }

    mutating func syncFolder(_ folder: String) {
        if let names = folders[folder]?.names { folders[folder]?.durable = names }
        folders[folder]?.renamedOn = [:]
    }

    /// Everything that a machine has written to the file system.
    mutating func syncAll(on machine: Int) throws {
        try requireRoomForSync()
        for file in files.keys where files[file]?.dirtyOn == machine { flush(file) }
        for (name, folder) in folders {
            for (entry, renamer) in folder.renamedOn where renamer == machine {
                folders[name]?.durable[entry] = folder.names[entry]
                folders[name]?.renamedOn[entry] = nil
            }
        }
    }

    /// A machine closes a file: what it has written is with the file server, which keeps it.
    mutating func close(_ file: Int, on machine: Int) { if files[file]?.dirtyOn == machine { flush(file) } }

    /// What a file holds, under whatever name.
    func content(of file: Int) -> [UInt8]? { files[file]?.bytes }

    /// Whether a file that was not renamed is there still: whoever sweeps the folder removes it.
    func hasTemporary(_ file: Int, in folder: String) -> Bool { folders[folder]?.names["temporary \(file)"] == file }

    /// Gives up a file that was never renamed.
    mutating func drop(_ file: Int, in folder: String) {
        folders[folder]?.names["temporary \(file)"] = nil
        files[file] = nil
    }

    mutating func remove(_ name: String, in folder: String) { folders[folder]?.names[name] = nil }

    func names(in folder: String) -> [String] { folders[folder]?.names.keys.sorted() ?? [] }

    func read(_ name: String, in folder: String) -> [UInt8]? {
        folders[folder]?.names[name].flatMap { files[$0]?.bytes }
    }

    /// Whether the file would be there, whole, after a power cut now.
    func isDurable(_ name: String, in folder: String) -> Bool {
        guard let file = folders[folder]?.durable[name], folders[folder]?.names[name] == file else { return false }
        return files[file].map { !$0.isDirty } ?? false
    }

    /// Changes a byte of a file, as bad disks do.
    mutating func rot(_ name: String, in folder: String, _ dice: Dice) {
        guard let file = folders[folder]?.names[name], var bytes = files[file]?.bytes, !bytes.isEmpty else { return }
        bytes[dice.draw(0...bytes.count - 1)] ^= 1 << UInt8(dice.draw(0...7))
        files[file] = File(bytes: bytes, synced: bytes)
    }

    /// A machine loses power. Of what it had not synced, some blocks arrived and some did not; some names are the old ones.
    mutating func losePower(_ dice: Dice, on machine: Int) {
        for file in files.keys.sorted() {
            guard let old = files[file], old.dirtyOn == machine else { continue }
            var bytes = old.bytes
            for place in bytes.indices where place % 8 == 0 && dice.percent(50) {
                for torn in place..<min(place + 8, bytes.count) {
                    bytes[torn] = torn < old.synced.count ? old.synced[torn] : 0
                }
            }
            if dice.percent(25) { bytes = Array(bytes.prefix(dice.draw(0...bytes.count))) }
            files[file] = File(bytes: bytes, synced: bytes)
        }
        for name in folders.keys.sorted() {
            guard var folder = folders[name] else { continue }
            for entry in Set(folder.names.keys).union(folder.durable.keys).sorted()
            where (folder.renamedOn[entry] ?? Self.home) == machine {
                if folder.names[entry] != folder.durable[entry], dice.percent(60) {
                    folder.names[entry] = folder.durable[entry]
                }
                folder.durable[entry] = folder.names[entry]
                folder.renamedOn[entry] = nil
            }
            folders[name] = folder
        }
    }
}
