"""Named tensors of weights and models: safetensors, and both forms of PyTorch's files, without PyTorch.

Of a pickle only tensors, containers and plain values are built: whatever else it names is refused.
"""
import json
import pickle
import struct
import zipfile
from collections import OrderedDict

import numpy

_SAFETENSORS = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1",
    "BOOL": "?",
}
_STORAGES = {
    "DoubleStorage": "<f8", "FloatStorage": "<f4", "HalfStorage": "<f2", "LongStorage": "<i8", "IntStorage": "<i4",
    "ShortStorage": "<i2", "CharStorage": "i1", "ByteStorage": "u1", "BoolStorage": "?",
}


def read(path):
    """The tensors of a file by name, and its metadata."""
    with open(path, "rb") as file:
        start = file.read(4)
    if start == b"PK\x03\x04":
        return _archive(path), {}
    if start[:1] == b"\x80":
        return _legacy(path), {}
    return _safetensors(path)


def _safetensors(path):
    data = numpy.memmap(path, numpy.uint8, "r")
    length, = struct.unpack("<Q", data[:8].tobytes())
    header = json.loads(data[8:8 + length].tobytes())
    metadata = header.pop("__metadata__", {})
    found = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        numbers = data[8 + length + first:8 + length + last].view(_SAFETENSORS[entry["dtype"]])
        found[name] = numbers.reshape(entry["shape"])
    return found, metadata


class _Unpickler(pickle.Unpickler):
    def __init__(self, file, storage):
        super().__init__(file)
        self.storage = storage

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        if (module, name) in (("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor")):
            return _rebuild
        raise pickle.UnpicklingError(f"{module}.{name} is no part of plain weights")

    def persistent_load(self, identifier):
        kind, form, key, _, count, *_ = identifier
        if kind != "storage":
            raise pickle.UnpicklingError(f"{kind} is no storage")
        return self.storage(form, key, count)


def _rebuild(storage, offset, shape, strides, *_):
    """A tensor that is filled later, where its numbers come behind the pickle."""
    return storage, offset, tuple(shape), tuple(strides)


def _tensor(entry):
    storage, offset, shape, strides = entry
    size = storage.itemsize
    reach = offset + sum((side - 1) * stride for side, stride in zip(shape, strides))
    if 0 in shape:
        return numpy.zeros(shape, storage.dtype)
    if offset < 0 or min(strides, default=0) < 0 or reach >= len(storage):
        raise ValueError("a tensor lies outside its storage")
    view = numpy.lib.stride_tricks.as_strided(storage[offset:], shape, [stride * size for stride in strides])
    return view.copy()


def _state(root):
    inner = root.get("state_dict", root)
    return {name: _tensor(value) for name, value in inner.items() if isinstance(value, tuple) and len(value) == 4}


def _archive(path):
    with zipfile.ZipFile(path) as archive:
        pickles = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
        folder = pickles[0].split("/")[0]

        def storage(form, key, count):
            numbers = numpy.frombuffer(archive.read(f"{folder}/data/{key}"), form)
            if len(numbers) != count:
                raise ValueError(f"storage {key} has another size")
            return numbers

        with archive.open(pickles[0]) as file:
            return _state(_Unpickler(file, storage).load())


def _legacy(path):
    storages = {}

    def storage(form, key, count):
        if key not in storages:
            storages[key] = numpy.zeros(count, form)
        return storages[key]

    with open(path, "rb") as file:
        for _ in range(3):  # a magic number, a version, the machine
            _Unpickler(file, storage).load()
        root = _Unpickler(file, storage).load()
        for key in _Unpickler(file, storage).load():
            count, = struct.unpack("<q", file.read(8))
            numbers = storages[key]
            if count != len(numbers):
                raise ValueError(f"storage {key} has another size")
            numbers[:] = numpy.frombuffer(file.read(count * numbers.itemsize), numbers.dtype)
        return _state(root)
