import Storage
import Tensors

/// A checkpoint as `torch.save` writes it since PyTorch 1.6: a ZIP archive with one folder, in it `data.pkl` with the
/// object, `data/KEY` with each storage, and since 1.13 `byteorder`. Source: `_save` and `_load` in torch/serialization.py.
struct TorchArchive: TensorSource {
    private let archive: ZipArchive
    private let table: TorchTensorTable
    let plainValues: [String: PlainValue]
    /// The archive's folder, with its slash.
    private let folder: String

    var descriptions: [TensorDescription] { table.descriptions }

    /// - Throws: `CheckpointError`.
    init(_ file: MappedFile) throws {
        archive = try ZipArchive(file)
        folder = try Self.folder(of: archive)
        if archive.entries[folder + "byteorder"] != nil, try archive.read(folder + "byteorder") != Array("little".utf8)
        {
            throw CheckpointError(file.path, "was written on a big-endian machine; save it again on another")
        }
        let object = try Self.readObject(archive, folder + "data.pkl")
        for storage in object.heap.storages {
            try Self.check(storage, archive.entries[folder + "data/" + storage.key], path: file.path)
        }
        table = try TorchTensorTable(StateDictionary(in: object, path: file.path), path: file.path)
        plainValues = PlainValueReader.members(of: object)
    }

    func withBytes<Result>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        let tensor = try table[name]
        return try archive.read(folder + "data/" + tensor.storage.key).withUnsafeBytes {
            try tensor.withElements(in: $0, body)
        }
    }

    private static func folder(of archive: ZipArchive) throws -> String {
        let pickles = archive.entries.keys.filter {
            $0.hasSuffix("/data.pkl") && $0.utf8.count { $0 == UInt8(ascii: "/") } == 1
        }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw CheckpointError(
                archive.path, "a ZIP archive, but not one of torch.save: it has \(pickles.count) data.pkl")
        }
        let folder = String(pickle.dropLast("data.pkl".count))
        guard archive.entries[folder + "constants.pkl"] == nil else {
            throw CheckpointError(
                archive.path,
                "a TorchScript archive, which holds a program; save the weights alone: "
                    + "torch.save(torch.jit.load(\"model.pt\").state_dict(), \"weights.pth\")")
        }
        return folder
    }

    private static func readObject(_ archive: ZipArchive, _ name: String) throws -> PickledObject {
        guard archive.entries[name]?.byteCount ?? 0 <= PickleMachine.maximumByteCount else {
            throw CheckpointError(archive.path, "its data.pkl is longer than \(PickleMachine.maximumByteCount) bytes")
        }
        return try archive.read(name).withUnsafeBytes { bytes in
            var cursor = ByteCursor(bytes, path: archive.path, part: "its data.pkl")
            return try PickleMachine.read(&cursor)
        }
    }

    private static func check(_ storage: TorchStorage, _ entry: ZipArchive.Entry?, path: String) throws {
        guard let entry else {
            throw CheckpointError(path, "damaged PyTorch checkpoint: storage \(quoted(storage.key)) is missing")
        }
        if let obstacle = entry.obstacle {
            throw CheckpointError(
                path, "storage \(quoted(storage.key)) is \(obstacle); save it again with torch.save")
        }
        guard entry.byteCount == storage.byteCount else {
            throw CheckpointError(
                path,
                "damaged PyTorch checkpoint: storage \(quoted(storage.key)) has \(entry.byteCount) bytes instead of "
                    + "\(storage.byteCount)")
        }
    }
}
