"""Makes the checkpoints of this folder with PyTorch's own torch.save, and what must be read from them."""

import collections
import io
import pickle
import struct
import zipfile

import torch
from safetensors.torch import save_file


def tensors():
    """One tensor of each kind that a state dict may hold."""
    base = torch.arange(20, dtype=torch.float32).reshape(4, 5) / 4
    shared = torch.arange(12, dtype=torch.float32) - 3
    values = torch.tensor([0.0, -1.5, 2.25, 1000.5, -0.0078125, 65504.0], dtype=torch.float64)
    return collections.OrderedDict(
        weight=torch.arange(12, dtype=torch.float32).reshape(2, 3, 2) * 0.1,
        transposed=torch.arange(12, dtype=torch.float32).reshape(3, 4).t(),
        sliced=base[1:3, 1:4],
        stepped=base[:, ::2],
        channels_last=torch.arange(24, dtype=torch.float32).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
        shared_whole=shared,
        shared_tail=shared[5:],
        expanded=torch.tensor([5.0]).expand(2, 3),
        half=values.half(),
        half_transposed=values.half().reshape(2, 3).t(),
        bfloat16=values.bfloat16(),
        double=values * 0.1,
        double_transposed=(values * 0.1).reshape(2, 3).t(),
        int64=torch.tensor([1, -2, 2**40]),
        int32=torch.tensor([1, -2, 2**30], dtype=torch.int32),
        int16=torch.tensor([1, -2, 2**14], dtype=torch.int16),
        int8=torch.tensor([[1, -2], [127, -128]], dtype=torch.int8).t(),
        uint8=torch.tensor([1, 2, 255], dtype=torch.uint8),
        bool=torch.tensor([True, False, True]),
        scalar=torch.tensor(3.5),
        empty=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(torch.tensor([1.0, 2.0])),
    )


def save(value, name, legacy=False, **options):
    torch.save(value, name, _use_new_zipfile_serialization=not legacy, **options)


def expect(state, name):
    save_file({key: value.detach().to(torch.float32).contiguous().clone() for key, value in state.items()}, name)


def rezipped(source, name, compression=zipfile.ZIP_STORED, changes={}):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(name, "w", compression) as new:
        folder = old.namelist()[0].split("/")[0]
        content = {entry.split("/", 1)[1]: old.read(entry) for entry in old.namelist()}
        for entry, data in {**content, **changes}.items():
            new.writestr(f"{folder}/{entry}", data)


def legacy_with_view(name):
    """A tensor in a view of a storage, as PyTorch before 0.4 saved them: today's torch.save does not make such files."""

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Storage):
                return ("storage", torch.FloatStorage, "root", "cpu", 8, ("view", 2, 5))

    class Tensor:
        def __reduce__(self):
            return (torch._utils._rebuild_tensor, (Storage(), 1, (2, 2), (2, 1)))

    stream = io.BytesIO()
    for value in (torch.serialization.MAGIC_NUMBER, torch.serialization.PROTOCOL_VERSION, {"little_endian": True}):
        pickle.dump(value, stream, protocol=2)
    Pickler(stream, protocol=2).dump({"viewed": Tensor()})
    pickle.dump(["root"], stream, protocol=2)
    stream.write(struct.pack("<q8f", 8, *range(8)))
    open(name, "wb").write(stream.getvalue())


torch.manual_seed(1)
state = tensors()
expect(state, "plain.safetensors")
save(state, "plain-zip.pth")
save(state, "plain-legacy.pth", legacy=True)
save(state, "protocol4-zip.pth", pickle_protocol=4)
save(state, "protocol5-legacy.pth", legacy=True, pickle_protocol=5)

small = {"b": torch.tensor([1.0, -2.0]), "a.weight": torch.ones(2, 2, dtype=torch.int64)}
expect(small, "small.safetensors")
run = {
    "epoch": 7, "arch": "resnet18", "loss": 0.25, "best": torch.tensor(0.5), "classes": ["a", "b"], "none": None,
    "big": 2**70, "flags": {"x", "y"}, "raw": b"bytes", "device": torch.device("cpu"), "dtype": torch.float16,
    "size": torch.Size([1, 2]), "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1}]},
}
for legacy in (False, True):
    form = "legacy" if legacy else "zip"
    save({**run, "state_dict": {"module." + key: value for key, value in small.items()}}, f"run-{form}.pth", legacy)
    save({"model": {"state_dict": small}}, f"nested-{form}.pth", legacy)
    save({"encoder": small}, f"unusual-{form}.pth", legacy)
    save({"first": small, "second": dict(small)}, f"ambiguous-{form}.pth", legacy)
    save([torch.ones(1)], f"list-{form}.pth", legacy)
    save({"epoch": 1}, f"none-{form}.pth", legacy)
    save(torch.nn.Linear(2, 1).double().state_dict(), f"linear-{form}.pth", legacy)

unsigned = {
    "uint16": torch.tensor([1, 65535], dtype=torch.uint16),
    "uint32": torch.tensor([[1, 2], [3, 2**32 - 1]], dtype=torch.uint32).t(),
    "uint64": torch.tensor([1, 2**63], dtype=torch.uint64),
}
expect(unsigned, "unsigned.safetensors")
save(unsigned, "unsigned-zip.pth")
with_attribute = torch.ones(2)
with_attribute.note = "kept by torch, ignored here"
save({"b": with_attribute * 2, "a": with_attribute}, "attribute-zip.pth")
save({"a": torch._neg_view(torch.ones(2))}, "negative-zip.pth")
save({"a": torch.ones(2, dtype=torch.complex64)}, "complex-zip.pth")
# Not in the legacy form, which would hold the source text of the classes.
save(torch.nn.Sequential(torch.nn.Linear(2, 1)), "module-zip.pth")
rezipped("nested-zip.pth", "stored-elsewhere.pth")
rezipped("nested-zip.pth", "compressed.pth", zipfile.ZIP_DEFLATED)
rezipped("nested-zip.pth", "big-endian.pth", changes={"byteorder": b"big"})
rezipped("nested-zip.pth", "short-storage.pth", changes={"data/0": b"\0\0\0\0"})
rezipped("nested-zip.pth", "script.pt", changes={"constants.pkl": b"\x80\x02).", "code/a.py": b""})
legacy_with_view("view-legacy.pth")
