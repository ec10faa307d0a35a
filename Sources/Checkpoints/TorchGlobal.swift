import Tensors

/// The Python names that a checkpoint may refer to. All of them are data or build data; there is no way to say anything
/// else.
///
/// The list is the part of what `torch.load(weights_only=True)` allows that concerns dense tensors and plain values
/// (torch/_weights_only_unpickler.py).
enum TorchGlobal: Hashable, Sendable {
    case orderedDictionary
    /// `torch.Size`: a tuple.
    case size
    /// `torch._utils._rebuild_tensor` and `_rebuild_tensor_v2`.
    case rebuildTensor
    /// `_rebuild_tensor_v3`: with an element type beside an untyped storage.
    case rebuildTensorOfType
    /// A parameter: the tensor that is its first argument.
    case rebuildParameter
    /// A tensor with attributes of its own: another function, its type and its arguments.
    case rebuildFromType
    case storage(ElementType)
    case elementType(ElementType)
    /// Builds a value that weights do not need.
    case plain

    init?(module: String, name: String) {
        let module = module == "__builtin__" ? "builtins" : module
        guard let global = Self.named[module + "." + name] else { return nil }
        self = global
    }

    private static let named: [String: TorchGlobal] = {
        var named: [String: TorchGlobal] = [
            "collections.OrderedDict": .orderedDictionary,
            "torch.Size": .size,
            "torch._utils._rebuild_tensor": .rebuildTensor,
            "torch._utils._rebuild_tensor_v2": .rebuildTensor,
            "torch._utils._rebuild_tensor_v3": .rebuildTensorOfType,
            "torch._utils._rebuild_parameter": .rebuildParameter,
            "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
            "torch.nn.parameter.Parameter": .rebuildParameter,
            "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
            // Its numbers are counts of bytes.
            "torch.storage.UntypedStorage": .storage(.u8),
            "torch.UntypedStorage": .storage(.u8),
        ]
        let storages: [String: ElementType] = [
            "Double": .f64, "Float": .f32, "Half": .f16, "BFloat16": .bf16, "Long": .i64, "Int": .i32, "Short": .i16,
            "Char": .i8, "Byte": .u8, "Bool": .bool,
        ]
        for (name, type) in storages {
            named["torch.\(name)Storage"] = .storage(type)
            named["torch.cuda.\(name)Storage"] = .storage(type)
        }
        let types: [String: ElementType] = [
            "float64": .f64, "float32": .f32, "float16": .f16, "bfloat16": .bf16, "int64": .i64, "int32": .i32,
            "int16": .i16, "int8": .i8, "uint64": .u64, "uint32": .u32, "uint16": .u16, "uint8": .u8, "bool": .bool,
        ]
        for (name, type) in types { named["torch.\(name)"] = .elementType(type) }
        let plain = [
            "torch.Tensor", "torch.device", "torch.serialization._get_layout", "collections.Counter", "_codecs.encode",
            "builtins.set", "builtins.frozenset", "builtins.bytearray", "builtins.complex",
        ]
        for name in plain { named[name] = .plain }
        return named
    }()
}
