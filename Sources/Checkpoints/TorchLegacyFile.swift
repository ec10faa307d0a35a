import Storage
import Tensors

/// A checkpoint as `torch.save` wrote it before PyTorch 1.6 (and still does with
/// `_use_new_zipfile_serialization=False`), mapped.
///
/// Five pickles: a magic number, the version, the writer's machine, the object, the keys of its storages. Then, for each
/// key, the count of elements and the elements. Source: `_legacy_save` and `_legacy_load` in torch/serialization.py.
struct TorchLegacyFile: TensorSource {
    private let file: MappedFile
    private let table: TorchTensorTable
    let plainValues: [String: PlainValue]
    /// Each storage's bytes in the file.
    private let places: [String: Range<Int>]

    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    private static let version = 1001

    var descriptions: [TensorDescription] { table.descriptions }

    /// - Throws: `CheckpointError`.
    init(_ file: MappedFile) throws {
        self.file = file
        (table, places, plainValues) = try file.withBytes { bytes in
            var cursor = ByteCursor(bytes, path: file.path, part: "the file")
            try Self.readPreamble(&cursor)
            let object = try PickleMachine.read(&cursor)
            let table = try TorchTensorTable(StateDictionary(in: object, path: file.path), path: file.path)
            let places = try Self.readPlaces(of: object.heap.storages, &cursor)
            return (table, places, PlainValueReader.members(of: object))
        }
    }

    func withBytes<Result>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let tensor = try table[name]
        let place = places[tensor.storage.key] ?? 0..<0
        return try file.withBytes { try tensor.withElements(in: UnsafeRawBufferPointer(rebasing: $0[place]), body) }
    }

    private static func readPreamble(_ cursor: inout ByteCursor) throws {
        guard case .long(magic) = try PickleMachine.read(&cursor).root else {
            throw CheckpointError(
                cursor.path, "a Python pickle, but not one that torch.save wrote; give a .pth or .pt file")
        }
        guard case .int(version) = try PickleMachine.read(&cursor).root else {
            throw cursor.damaged("a version of the format other than \(version)")
        }
        let machine = try PickleMachine.read(&cursor)
        guard case .dictionary(let index) = machine.root else {
            throw cursor.damaged("no word on the writer's machine")
        }
        for case (.string("little_endian"), .bool(false)) in machine.heap.dictionaries[index] {
            throw CheckpointError(cursor.path, "was written on a big-endian machine; save it again on another")
        }
    }

    /// Where each storage is. All those that tensors refer to must be there, once, and of the size they were said to have.
    private static func readPlaces(of storages: [TorchStorage], _ cursor: inout ByteCursor) throws -> [String: Range<
        Int
    >] {
        var expected: [String: TorchStorage] = [:]
        for storage in storages {
            guard
                expected.updateValue(storage, forKey: storage.key)?.byteCount ?? storage.byteCount == storage.byteCount
            else { throw cursor.damaged("storage \(quoted(storage.key)) has two sizes") }
        }
        let listing = try PickleMachine.read(&cursor)
        guard let keys = listing.heap.items(listing.root) else { throw cursor.damaged("no list of storages") }
        var places: [String: Range<Int>] = [:]
        for key in keys {
            guard case .string(let key) = key, let storage = expected[key] else {
                throw cursor.damaged("a storage that no tensor refers to")
            }
            let count = try cursor.count(as: Int64.self)
            guard count == storage.byteCount / storage.type.byteCount else {
                throw cursor.damaged(
                    "storage \(quoted(key)) has \(count) elements instead of \(storage.byteCount / storage.type.byteCount)"
                )
            }
            let start = cursor.position
            _ = try cursor.take(storage.byteCount)
            guard places.updateValue(start..<cursor.position, forKey: key) == nil else {
                throw cursor.damaged("storage \(quoted(key)) comes twice")
            }
        }
        if let missing = expected.keys.first(where: { places[$0] == nil }) {
            throw cursor.damaged("storage \(quoted(missing)) is missing")
        }
        return places
    }
}
