import Checkpoints
import Gaussian
import Tensors

extension FuzzTarget {
    private static let headerWords = [
        "{", "}", "[", "]", "\"", ":", ",", "__metadata__", "dtype", "shape", "data_offsets", "F32", "I64", "BOOL",
        "-1",
        "0", "9223372036854775807", "18446744073709551616", "1e308", "\\u0000", "\\ud800", "null", "true",
    ]

    static let safetensors = FuzzTarget("safetensors", words: headerWords) {
        try fixtures("Tensors/Fixtures", endings: ["safetensors"])
            + fixtures("Checkpoints/Fixtures", endings: ["safetensors"])
    } read: { bytes, folder in
        guard let file = try? SafetensorsFile(path: folder.write(bytes, to: "tensors")) else { return }
        for tensor in file.tensors {
            demand(tensor.byteCount <= bytes.count, "a tensor larger than its file")
            let floats = try? file.floats(tensor.name)
            demand(floats?.count == tensor.elementCount, "a tensor that cannot be read")
        }
    }

    /// PyTorch's two forms. What strides of zero spread out may be larger than its file, so only so much is read.
    static let checkpoints = FuzzTarget(
        "checkpoints",
        words: [
            "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nFloatStorage\n", "ccollections\nOrderedDict\n", "X",
            "(", "t", "}", "u", "s", "q", "h", "\u{52}", "Q", ".", "storage", "cpu", "PK\u{1}\u{2}", "PK\u{3}\u{4}",
            "PK\u{5}\u{6}", "data.pkl", "byteorder", "little",
        ]
    ) {
        try fixtures("Checkpoints/Fixtures", endings: ["pth", "pt"])
    } read: { bytes, folder in
        guard let checkpoint = try? Checkpoint.open(folder.write(bytes, to: "weights")) else { return }
        var left = 1 << 20
        for name in checkpoint.names {
            guard let tensor = checkpoint.tensors[name] else { continue }
            let count = tensor.shape.reduce(1, *)
            guard count <= left else { continue }
            left -= count
            if let floats = try? checkpoint.floats(name) { demand(floats.count == count, "numbers without a place") }
        }
    }

    static let models = FuzzTarget("models", words: headerWords + FuzzTarget.spaceWords) {
        try fixtures("Formats/Fixtures", endings: ["model"])
    } read: { bytes, folder in
        guard let model = try? GaussianModel(path: folder.write(bytes, to: "model")) else { return }
        let finite = try? model.withParameters(patches: 0..<model.space.patches) { means, whitening in
            means[0].isFinite && whitening[0].isFinite
        }
        demand(finite == true, "a model without numbers")
    }

    static let statistics = FuzzTarget("statistics", words: headerWords + FuzzTarget.spaceWords) {
        try fixtures("Formats/Fixtures", endings: ["statistics"])
    } read: { bytes, folder in
        try? StatisticsFile(path: folder.write(bytes, to: "statistics")).verify()
    }

    private static let spaceWords = [
        "\\\"channels\\\":", "\\\"exponents\\\":", "\\\"gridHeight\\\":", "\\\"count\\\":", "\\\"epsilon\\\":",
        "1048577", "8193",
    ]
}
