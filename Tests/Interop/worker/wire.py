"""Messages as frames: docs/PROTOCOL.md, "A message" and "Keys"."""
import json
import pathlib
import struct
import zlib

import zmq
from zmq.utils import z85

VERSION = 3
LARGEST_HEADER, LARGEST_PAYLOAD = 4_194_304, 83_886_080


def frames(name, fields, payload=b""):
    """The three frames of a message. Fields that are None are left out."""
    present = {key: value for key, value in fields.items() if value is not None}
    header = json.dumps({name: present}, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    if len(header) > LARGEST_HEADER or len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"{name} is larger than a message can be")
    check = zlib.crc32(payload, zlib.crc32(header))
    return [header, payload, struct.pack("<I", check)]


def message(parts):
    """Name, fields and payload of a message; ValueError where it is none."""
    if len(parts) != 3 or len(parts[0]) > LARGEST_HEADER or len(parts[1]) > LARGEST_PAYLOAD:
        raise ValueError("other frames than a message has")
    header, payload, check = parts
    if check != struct.pack("<I", zlib.crc32(payload, zlib.crc32(header))):
        raise ValueError("its check does not hold")
    body = json.loads(header.decode(), object_pairs_hook=_once)
    if not isinstance(body, dict) or len(body) != 1:
        raise ValueError("its header is no object with one key")
    (name, fields), = body.items()
    if not isinstance(fields, dict):
        raise ValueError(f"{name} has no fields")
    return name, fields, payload


def _once(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a field stands twice")
    return found


def connect(endpoint, keys=None):
    """A DEALER socket.

    keys: a folder with the worker's own NAME.key and coordinator.pub, or None.
    """
    socket = zmq.Context.instance().socket(zmq.DEALER)
    socket.setsockopt(zmq.LINGER, 1000)
    # Nobody waits for a peer that is not there: what is lost is said again.
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_PAYLOAD)
    if keys is not None:
        folder = pathlib.Path(keys)
        own = [path for path in folder.glob("*.key") if path.name != "coordinator.key"]
        if len(own) != 1:
            raise SystemExit(f"{folder}: there must be one NAME.key of the worker, and there are {len(own)}")
        secret = z85.encode(_key(own[0], "curve-secret-key-1"))
        socket.curve_secretkey = secret
        socket.curve_publickey = zmq.curve_public(secret)
        socket.curve_serverkey = z85.encode(_key(folder / "coordinator.pub", "curve-public-key-1"))
    socket.connect(endpoint)
    return socket


def _key(path, kind):
    words = path.read_text().split()
    if len(words) < 2 or words[0] != kind or len(words[1]) != 64:
        raise SystemExit(f"{path}: is no {kind}")
    return bytes.fromhex(words[1])
