/// A file as `torch.save` writes it since PyTorch 1.6: a ZIP archive of a pickle and of each tensor's numbers.
package enum TorchFile {
    /// The same value gives the same bytes.
    /// - Throws: `StorageError`; what a tensor's content throws.
    package static func write(_ root: TorchValue, to path: String) throws {
        let pickle = PickleWriter(root)
        var archive = try StoredZipWriter(path: path)
        try archive.add("archive/data.pkl", pickle.bytes)
        try archive.add("archive/byteorder", Array("little".utf8))
        for (number, tensor) in pickle.tensors.enumerated() {
            try archive.add("archive/data/\(number)", byteCount: tensor.byteCount, content: tensor.content)
        }
        try archive.add("archive/version", Array("3\n".utf8))
        try archive.commit()
    }
}
