"""Makes python.safetensors with PyTorch and the format's own package: one tensor of each element type."""

import torch
from safetensors.torch import save_file

values = [0.0, -1.5, 2.25, 1000.5, -0.0078125, 65504.0]
tensors = {
    name: torch.tensor(values, dtype=torch.float64).to(dtype).reshape(2, 3)
    for name, dtype in {
        "f64": torch.float64,
        "f32": torch.float32,
        "f16": torch.float16,
        "bf16": torch.bfloat16,
        "i64": torch.int64,
        "i32": torch.int32,
        "i16": torch.int32,
        "bool": torch.bool,
    }.items()
}
tensors["i16"] = torch.tensor([0, -1, 2, 1000, -7, 32767], dtype=torch.int16).reshape(2, 3)
tensors["i8"] = torch.tensor([0, -1, 2, 100, -7, -128], dtype=torch.int8).reshape(2, 3)
tensors["u8"] = torch.tensor([0, 1, 2, 100, 7, 255], dtype=torch.uint8).reshape(2, 3)
tensors["u16"] = torch.tensor([0, 1, 2, 100, 7, 65535], dtype=torch.uint16).reshape(2, 3)
tensors["u32"] = torch.tensor([0, 1, 2, 100, 7, 2**32 - 1], dtype=torch.uint32).reshape(2, 3)
tensors["u64"] = torch.tensor([0, 1, 2, 100, 7, 2**63], dtype=torch.uint64).reshape(2, 3)
tensors["scalar"] = torch.tensor(3.5)
tensors["empty"] = torch.zeros(0, 4)
save_file(tensors, "python.safetensors", metadata={"note": 'Grüße "quoted" \\ and\nmore'})
