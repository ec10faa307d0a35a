import Tensors

/// The forms in which weights come.
public enum CheckpointFormat: String, Sendable, CaseIterable {
    case safetensors
    /// `torch.save` since PyTorch 1.6.
    case torchArchive = "PyTorch archive"
    /// `torch.save` before PyTorch 1.6.
    case torchLegacy = "PyTorch legacy"

    /// The form that a file's first bytes tell of.
    /// - Throws: `CheckpointError` about `path` where it is none of these, with a guess at what it is.
    static func detected(in file: UnsafeRawBufferPointer, path: String) throws -> CheckpointFormat {
        // Before safetensors: these four bytes also are a possible length.
        if file.starts(with: [0x50, 0x4B, 0x03, 0x04]) { return .torchArchive }
        if file.count > 8, file[4..<8].allSatisfy({ $0 == 0 }), file[8] == UInt8(ascii: "{") { return .safetensors }
        if file.first == PickleOpcode.proto.rawValue { return .torchLegacy }
        throw CheckpointError(
            path, "neither safetensors nor a PyTorch checkpoint\(guess(file)); give a .safetensors, .pth or .pt file")
    }

    private static func guess(_ file: UnsafeRawBufferPointer) -> String {
        let start = String(decoding: file.prefix(64), as: UTF8.self).lowercased()
        if file.isEmpty { return ": it is empty" }
        if start.hasPrefix("version https://git-lfs") {
            return ": it is Git LFS's pointer to the file (run git lfs pull)"
        }
        if start.hasPrefix("<!doctype") || start.hasPrefix("<html") {
            return ": it is a web page, perhaps of a failed download"
        }
        return ""
    }
}
