"""Reads what was written for NumPy or for anomalib, and prints it as JSON: check_archives.py npz|torch FILE

Of a PyTorch file the pickle is read here, without PyTorch: it may name only what is listed. Where PyTorch is there, it reads the file too.
"""
import hashlib
import json
import pickle
import sys
import zipfile
from collections import OrderedDict

import numpy

kind, path = sys.argv[1:]
STORAGES = {"FloatStorage": "<f4", "LongStorage": "<i8", "BoolStorage": "?"}


def told(array):
    values = numpy.asarray(array)
    plain = numpy.where(numpy.isfinite(values), values, -1) if values.dtype.kind == "f" else values
    # Of large arrays only what their bytes are.
    numbers = plain.ravel().astype(float).tolist() if values.size <= 8192 else []
    digest = hashlib.sha256(numpy.ascontiguousarray(values).tobytes()).hexdigest()
    return {"type": str(values.dtype), "shape": list(values.shape), "values": numbers, "digest": digest}


def from_torch():
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()

        class Unpickler(pickle.Unpickler):
            def find_class(self, module, name):
                if (module, name) == ("collections", "OrderedDict"):
                    return OrderedDict
                if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
                    return lambda storage, offset, shape, strides, *_: numpy.lib.stride_tricks.as_strided(
                        storage[offset:], shape, [step * storage.itemsize for step in strides])
                if module == "torch" and name in STORAGES:
                    return STORAGES[name]
                raise pickle.UnpicklingError(module + "." + name)

            def persistent_load(self, identifier):
                word, form, key, device, count = identifier
                assert (word, device) == ("storage", "cpu")
                numbers = numpy.frombuffer(archive.read("archive/data/" + key), form)
                assert len(numbers) == count
                return numbers

        with archive.open("archive/data.pkl") as file:
            root = Unpickler(file).load()
        assert archive.read("archive/version") == b"3\n" and names[0] == "archive/data.pkl"
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
    state = root.pop("state_dict")
    try:
        import torch
        theirs = torch.load(path, weights_only=True)["state_dict"]
        assert list(theirs) == list(state)
        assert all(numpy.array_equal(theirs[name].numpy(), state[name], equal_nan=True) for name in state)
    except ImportError:
        pass
    return {"plain": json.dumps(root), "arrays": {name: told(value) for name, value in state.items()}}


def from_npz():
    arrays = numpy.load(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    settings = str(arrays["settings"])
    return {"plain": settings, "arrays": {name: told(arrays[name]) for name in arrays if name != "settings"}}


print(json.dumps(from_npz() if kind == "npz" else from_torch()))
