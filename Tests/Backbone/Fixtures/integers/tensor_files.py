"""Files of named tensors, in and out."""
import json
import struct

import numpy as np

TYPES = {"F32": "<f4", "I32": "<i4", "I8": "i1", "U8": "u1"}


def read(path):
    """Tensors by name, and the metadata."""
    data = open(path, "rb").read()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    found = {}
    for name, entry in header.items():
        first, last = entry["data_offsets"]
        found[name] = np.frombuffer(data[8 + length + first : 8 + length + last], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return found, metadata


def write(path, tensors):
    header, place = {}, 0
    for name, tensor in tensors.items():
        kind = next(kind for kind, form in TYPES.items() if tensor.dtype == np.dtype(form))
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [place, place + tensor.nbytes]}
        place += tensor.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor).tobytes())
