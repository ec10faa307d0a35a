"""One picture as every kind of BMP that is read: `samples` gives a name, the file and what it must decode to."""

import io
import struct

import numpy as np
from PIL import Image

UNCOMPRESSED, RLE8, RLE4, FIELDS, ALPHA_FIELDS = 0, 1, 2, 3, 6
# What Pillow 13 does not read, or, of 8 bits in two colours, black and white, takes for 1 bit.
BEYOND_PILLOW = {
    "bmp-os2-16.bmp", "bmp-indices2.bmp", "bmp-fields-10-10-10.bmp", "bmp-fields-4-4-4.bmp", "bmp-fields-high.bmp",
    "bmp-alpha-fields.bmp", "bmp-rle8-blank-row.bmp", "bmp-rle8-odd-gap.bmp", "bmp-two-colours8.bmp",
}


def padded(row, to=4):
    return row + b"\0" * (-len(row) % to)


def rows(pixels, dtype, top_down=False):
    """Rows of whole pixels, from the bottom up."""
    return b"".join(padded(np.ascontiguousarray(row).astype(dtype).tobytes()) for row in pixels[:: 1 if top_down else -1])


def packed(indices, bits, top_down=False):
    """Rows of several indices a byte."""
    lines = []
    for row in indices[:: 1 if top_down else -1]:
        spread = [(int(index) >> bit) & 1 for index in row for bit in reversed(range(bits))]
        lines.append(padded(np.packbits(spread).tobytes()))
    return b"".join(lines)


def colors(palette, size=4):
    return b"".join(bytes(color[::-1]) + b"\0" * (size - 3) for color in palette.astype(np.uint8))


def runs(row, bits, absolute):
    """A row as runs of one index, or as stretches of indices as they are."""
    out, at = b"", 0
    while at < len(row):
        if absolute and len(row) - at >= 3:
            stretch = [int(index) for index in row[at : at + 7]]
            if len(stretch) < 3:
                stretch = []
            if bits == 4:
                even = stretch + [0] * (len(stretch) % 2)
                data = bytes(a << 4 | b for a, b in zip(even[::2], even[1::2]))
            else:
                data = bytes(stretch)
            out, at = out + bytes([0, len(stretch)]) + padded(data, 2), at + len(stretch)
            continue
        end = at
        while end < len(row) and end - at < 255 and row[end] == row[at]:
            end += 1
        index = int(row[at])
        out, at = out + bytes([end - at, index << 4 | index if bits == 4 else index]), end
    return out


def rle(indices, bits, absolute=False):
    return b"".join(runs(row, bits, absolute) + b"\0\0" for row in indices[::-1]) + b"\0\1"


def samples(rgb, gray, indices, palette):
    """rgb: 8 bits; gray: 8 bits; indices: below 16; palette: their colours."""
    height, width = gray.shape
    found = {}

    def info(bits, compression=UNCOMPRESSED, count=0, size=40, rest=b"", top_down=False):
        header = struct.pack(
            "<IiiHHIIiiII", size, width, -height if top_down else height, 1, bits, compression, 0, 2835, 2835, count, 0)
        return (header + rest).ljust(size, b"\0")

    def core(bits):
        return struct.pack("<IHHHH", 12, width, height, 1, bits)

    def put(name, header, behind, pixels, shows, gap=0, offset=None, bare=False):
        start = 14 + len(header) + len(behind) + gap
        body = header + behind + b"\xAA" * gap + pixels
        top = b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, start if offset is None else offset)
        found[name] = (body if bare else top + body, shows)

    wide = np.dstack([rgb[..., ::-1], np.full_like(gray, 0x5A)])
    full = colors(np.arange(256)[:, None].repeat(3, 1))
    sixteen = colors(palette)
    shown = palette[indices]
    as_gray = np.repeat(gray[..., None], 3, 2)
    plain24, plain8 = rows(rgb[..., ::-1].reshape(height, -1), "u1"), rows(gray, "u1")

    # Headers.
    put("bmp-core24.bmp", core(24), b"", plain24, rgb)
    put("bmp-core8.bmp", core(8), colors(np.arange(256)[:, None].repeat(3, 1), 3), plain8, as_gray)
    put("bmp-core4.bmp", core(4), colors(palette, 3), packed(indices, 4), shown)
    put("bmp-os2-16.bmp", struct.pack("<IIIHH", 16, width, height, 1, 8), full, plain8, as_gray)
    put("bmp-os2-64.bmp", info(8, size=64, count=256), full, plain8, as_gray)
    put("bmp-os2-64-24.bmp", info(24, size=64), b"", plain24, rgb)
    put("bmp-v2-24.bmp", info(24, size=52), b"", plain24, rgb)
    put("bmp-v3-8.bmp", info(8, size=56), full, plain8, as_gray)
    put("bmp-v4-24.bmp", info(24, size=108), b"", plain24, rgb)
    put("bmp-v5-4.bmp", info(4, size=124), sixteen, packed(indices, 4), shown)
    put("bmp-bare24.dib", info(24), b"", plain24, rgb, bare=True)
    put("bmp-bare4.dib", info(4), sixteen, packed(indices, 4), shown, bare=True)

    # Where the pixels are.
    put("bmp-gap24.bmp", info(24), b"", plain24, rgb, gap=10)
    put("bmp-gap8.bmp", info(8), full, plain8, as_gray, gap=3)
    put("bmp-offset0-24.bmp", info(24), b"", plain24, rgb, offset=0)
    put("bmp-offset0-8.bmp", info(8), full, plain8, as_gray, offset=0)
    put("bmp-offset-of-palette.bmp", info(8), full, plain8, as_gray, offset=54)
    put("bmp-top-down24.bmp", info(24, top_down=True), b"", rows(rgb[..., ::-1].reshape(height, -1), "u1", True), rgb)
    put("bmp-top-down4.bmp", info(4, top_down=True), sixteen, packed(indices, 4, True), shown)
    put("bmp-without-last-padding.bmp", info(24), b"", plain24[: -(-3 * width % 4)], rgb)

    # Palettes.
    put("bmp-palette16-of-256.bmp", info(8, count=16), sixteen, rows(indices, "u1"), shown)
    put("bmp-palette16-unsaid.bmp", info(8), sixteen, rows(indices, "u1"), shown)
    some = np.where(indices < 11, indices, 2)
    put("bmp-palette11-of-16.bmp", info(4, count=11), colors(palette[:11]), packed(some, 4), palette[some])
    beyond = np.vstack([palette[:11], np.zeros((5, 3), palette.dtype)])[indices]
    put("bmp-palette-too-short.bmp", info(8, count=11), colors(palette[:11]), rows(indices, "u1"), beyond)
    few = gray >> 6
    put("bmp-indices2.bmp", info(2), colors(palette[:4]), packed(few, 2), palette[few])
    two = np.array([[250, 20, 30], [10, 200, 90]], np.uint8)
    put("bmp-indices1.bmp", info(1), colors(two), packed(gray >> 7, 1), two[gray >> 7])
    black = np.array([[0] * 3, [255] * 3], np.uint8)
    put("bmp-two-colours8.bmp", info(8, count=2), colors(black), rows(gray >> 7, "u1"), black[gray >> 7])

    # Bit fields.
    def fields(name, widths, dtype, bits, **options):
        """Red, green and blue of as many bits and at such places."""
        pixel = np.zeros(gray.shape, np.uint64)
        shows = np.zeros_like(rgb)
        masks = []
        for channel, (count, place) in enumerate(widths):
            top = 2**count - 1
            values = rgb[..., channel].astype(np.uint64) * top // 255
            pixel |= values << np.uint64(place)
            shows[..., channel] = values * 255 // top
            masks.append(top << place)
        return masks, rows(pixel, dtype), shows

    def put_fields(name, widths, bits, size=40, alpha=None):
        masks, pixels, shows = fields(name, widths, {16: "<u2", 32: "<u4"}[bits], bits)
        data = struct.pack("<3I", *masks) + (struct.pack("<I", alpha) if alpha is not None else b"")
        header = info(bits, FIELDS if size > 40 or alpha is None else ALPHA_FIELDS, size=size, rest=data if size > 40 else b"")
        put(name, header, b"" if size > 40 else data, pixels, shows)

    _, five, shows = fields("", [(5, 10), (5, 5), (5, 0)], "<u2", 16)
    put("bmp-16.bmp", info(16), b"", five, shows)
    put("bmp-32.bmp", info(32), b"", rows(wide.reshape(height, -1), "u1"), rgb)
    put("bmp-fields-none.bmp", info(32, FIELDS), bytes(12), rows(wide.reshape(height, -1), "u1"), rgb)
    put_fields("bmp-fields-5-6-5.bmp", [(5, 11), (6, 5), (5, 0)], 16)
    put_fields("bmp-fields-4-4-4.bmp", [(4, 8), (4, 4), (4, 0)], 16)
    put_fields("bmp-fields-rgb.bmp", [(8, 24), (8, 16), (8, 8)], 32)
    put_fields("bmp-fields-10-10-10.bmp", [(10, 20), (10, 10), (10, 0)], 32)
    put_fields("bmp-fields-high.bmp", [(1, 31), (12, 3), (8, 15)], 32)
    put_fields("bmp-alpha-fields.bmp", [(8, 16), (8, 8), (8, 0)], 32, alpha=0xFF000000)
    put_fields("bmp-v2-fields.bmp", [(8, 16), (8, 8), (8, 0)], 32, size=52)
    put_fields("bmp-v3-fields-5-6-5.bmp", [(5, 11), (6, 5), (5, 0)], 16, size=56, alpha=0)
    put_fields("bmp-v5-fields-alpha.bmp", [(8, 0), (8, 8), (8, 16)], 32, size=124, alpha=0xFF000000)

    # Run-length codes.
    put("bmp-rle8.bmp", info(8, RLE8), full, rle(gray & 0xF8, 8), as_gray & 0xF8)
    put("bmp-rle8-absolute.bmp", info(8, RLE8), full, rle(gray, 8, True), as_gray)
    put("bmp-rle8-odd-gap.bmp", info(8, RLE8), full, rle(gray, 8, True), as_gray, gap=1)
    put("bmp-rle4.bmp", info(4, RLE4), sixteen, rle(indices, 4), shown)
    put("bmp-rle4-absolute.bmp", info(4, RLE4), sixteen, rle(indices, 4, True), shown)
    top = b"".join(runs(row, 8, False) + b"\0\0" for row in gray) + b"\0\1"
    put("bmp-rle8-top-down.bmp", info(8, RLE8, top_down=True), full, top, as_gray)
    # Two colours by turns, a row that is left after its first pixels, and a step over a row and a half.
    skipping = np.zeros_like(indices)
    skipping[:, :5] = indices[:, :5]
    code = b"".join(runs(row[:5], 4, True) + b"\0\0" for row in indices[::-1])
    put("bmp-rle4-short-rows.bmp", info(4, RLE4), sixteen, code + b"\0\1", palette[skipping])
    stepping = np.zeros_like(gray)
    stepping[-1], stepping[0] = gray[-1], gray[0]
    stepping[-3, 9:11] = 200
    code = runs(gray[-1], 8, True) + b"\0\0" + bytes([0, 2, 9, 1, 2, 200, 0, 2, width - 11, height - 4])
    put("bmp-rle8-delta.bmp", info(8, RLE8), full, code + runs(gray[0], 8, True) + b"\0\1",
        np.repeat(stepping[..., None], 3, 2))
    blank = gray.copy()
    blank[-2] = 0
    code = b"".join((b"" if number == 1 else runs(row, 8, True)) + b"\0\0" for number, row in enumerate(blank[::-1]))
    put("bmp-rle8-blank-row.bmp", info(8, RLE8), full, code + b"\0\1", np.repeat(blank[..., None], 3, 2))
    turns = np.tile(np.arange(width) % 2 * 6 + 3, (height, 1))
    put("bmp-rle4-by-turns.bmp", info(4, RLE4), sixteen, (bytes([width, 0x39]) + b"\0\0") * height + b"\0\1",
        palette[turns])

    for name, (data, shows) in found.items():
        try:
            seen = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
            assert name in BEYOND_PILLOW or (seen == shows).all(), name
        except (OSError, ValueError):
            assert name in BEYOND_PILLOW, name
    return found
