"""Writes one picture of 31 x 23 pixels with each orientation that EXIF knows, in each kind of file that states one, and what
Pillow's ImageOps.exif_transpose makes of each. Needs Pillow 13 and NumPy.

Usage: make.py FOLDER TINY.PNG
"""

import struct
import sys
import zlib

import numpy as np
from PIL import Image, ImageOps

FOLDER, tiny = sys.argv[1] + "/", Image.open(sys.argv[2]).convert("RGB")
names, sheet = [], []


def expect(name):
    turned = np.asarray(ImageOps.exif_transpose(Image.open(FOLDER + name)).convert("RGB"))
    names.append(f"{name} {turned.shape[1]} {turned.shape[0]}")
    sheet.append(turned.reshape(-1))


for number in range(1, 9):
    exif = Image.Exif()
    exif[0x0112] = number
    for ending, options in [
        ("png", {}),
        ("jpg", {"quality": 95, "subsampling": 0}),
        ("webp", {"lossless": True}),
        ("tiff", {}),
    ]:
        name = f"{number}.{ending}"
        tiny.save(FOLDER + name, exif=exif, **options)
        expect(name)


def chunk(kind, data, check=0):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data) ^ check)


def tiff_block(order, tag, kind, count, value):
    form = "<" if order == b"II" else ">"
    field = struct.pack(form + ("HH" if kind == 3 else "I"), *([value, 0] if kind == 3 else [value]))
    entries = struct.pack(form + "HHI", 256, 3, 1) + struct.pack(form + "HH", 31, 0)
    entries += struct.pack(form + "HHI", tag, kind, count) + field
    return order + struct.pack(form + "HIH", 42, 8, 2) + entries + bytes(4)


# The chunk behind the pixels, in both orders of bytes, as a number of 32 bits, and with the prefix that only JPEG should have.
plain = open(FOLDER + "1.png", "rb").read()
end = plain.index(b"IEND") - 4
start, length = plain.index(b"eXIf") - 4, struct.unpack(">I", plain[plain.index(b"eXIf") - 4 :][:4])[0]
bare, end = plain[:start] + plain[start + 12 + length :], end - 12 - length
for name, block in [
    ("behind-little.png", tiff_block(b"II", 274, 3, 1, 6)),
    ("behind-big.png", tiff_block(b"MM", 274, 3, 1, 8)),
    ("behind-long.png", tiff_block(b"MM", 274, 4, 1, 5)),
    ("prefixed.png", b"Exif\0\0" + tiff_block(b"II", 274, 3, 1, 7)),
    ("two-numbers.png", tiff_block(b"II", 274, 3, 2, 6)),
    # What states nothing that is an orientation.
    ("nine.png", tiff_block(b"II", 274, 3, 1, 9)),
    ("another-tag.png", tiff_block(b"II", 275, 3, 1, 6)),
]:
    with open(FOLDER + name, "wb") as file:
        file.write(bare[:end] + chunk(b"eXIf", block) + bare[end:])
    expect(name)

Image.fromarray(np.concatenate(sheet).reshape(-1, 31, 3)).save(FOLDER + "expected.png", optimize=True)
with open(FOLDER + "expected.txt", "w") as file:
    file.write("\n".join(names) + "\n")
