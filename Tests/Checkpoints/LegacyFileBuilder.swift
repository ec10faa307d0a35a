/// Spells a legacy checkpoint around any pickle.
enum LegacyFileBuilder {
    private static let preamble: [UInt8] =
        [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]  // the magic number
        + [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E]  // version 1001
        + [0x80, 2, 0x7D, 0x2E]  // nothing about the machine

    /// A checkpoint of that object, whose storages come from `storages`: keys, element counts and bytes.
    static func file(
        object: [UInt8], storages: [(key: String, count: Int64, bytes: [UInt8])] = []
    ) -> [UInt8] {
        let keys = storages.flatMap { unicode($0.key) }
        let data = storages.flatMap { storage in
            withUnsafeBytes(of: storage.count.littleEndian) { Array($0) } + storage.bytes
        }
        return preamble + [0x80, 2] + object + text(".") + [0x80, 2] + text("](") + keys + text("e.") + data
    }

    /// Each character a byte.
    static func text(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    static func unicode(_ text: String) -> [UInt8] {
        [0x58] + withUnsafeBytes(of: UInt32(text.utf8.count).littleEndian) { Array($0) } + Array(text.utf8)
    }

    static func int(_ value: Int) -> [UInt8] {
        [0x8A, 8] + withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) }
    }

    static func tuple(_ values: [[UInt8]]) -> [UInt8] { text("(") + values.flatMap { $0 } + text("t") }

    /// A float storage of so many elements, by its identifier.
    static func storage(_ key: String, count: Int) -> [UInt8] {
        tuple([unicode("storage"), text("ctorch\nFloatStorage\n"), unicode(key), unicode("cpu"), int(count), text("N")])
            + text("Q")
    }

    static func tensor(storage: [UInt8], offset: Int, shape: [Int], strides: [Int]) -> [UInt8] {
        text("ctorch._utils\n_rebuild_tensor_v2\n")
            + tuple([storage, int(offset), tuple(shape.map(int)), tuple(strides.map(int)), [0x89], text("N")])
            + text("R")
    }

    static func dictionary(_ members: [(String, [UInt8])]) -> [UInt8] {
        text("}(") + members.flatMap { unicode($0.0) + $0.1 } + text("u")
    }
}
