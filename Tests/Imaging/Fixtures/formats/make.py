"""Writes one picture in every kind of image file, and what each must decode to. Needs Pillow 13, NumPy and tifffile.

Usage: make.py FOLDER, which must hold tiny.png.
"""

import struct
import sys
import zlib

import numpy as np
import tifffile
from PIL import Image

import bitmaps

FOLDER = sys.argv[1] + "/"
expected = {}


def pack(samples, bits):
    """A row of samples as PNG and TIFF store it: big endian, or several to a byte."""
    if bits >= 8:
        return np.asarray(samples).astype(">u2" if bits == 16 else "u1").tobytes()
    spread = [(int(s) >> b) & 1 for s in samples for b in reversed(range(bits))]
    return np.packbits(spread).tobytes()


def replicated(gray):
    return np.repeat(gray[..., None], 3, 2).astype(np.uint8)


def reduced(sixteen):
    return np.rint(sixteen / 257).astype(np.uint8)


def save(name, image, shows=None, **options):
    """Through Pillow, which then says what it decodes to unless that is given."""
    image.save(FOLDER + name, **options)
    shows = shows or Image.open(FOLDER + name)
    expected[name] = np.asarray(shows.convert("RGB"))


def png(name, samples, color, bits, interlaced, shows, extra=b""):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    passes = [(0, 0, 1, 1)]
    if interlaced:
        name = name.replace(".png", "-interlaced.png")
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    raw = b""
    for left, top, across, down in passes:
        for y in range(top, height, down):
            row = samples[y, left::across].reshape(-1)
            if row.size:
                raw += b"\0" + pack(row, bits)
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, int(interlaced))
    with open(FOLDER + name, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
        for kind, data in extra or []:
            file.write(chunk(kind, data))
        file.write(chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))
    expected[name] = shows


def tiff(name, order, tags, blocks, offsets_tag, counts_tag, shows):
    body, offsets, counts = b"", [], []
    for block in blocks:
        offsets.append(8 + len(body))
        counts.append(len(block))
        body += block + b"\0" * (len(block) % 2)
    tags = sorted(tags + [(offsets_tag, 4, offsets), (counts_tag, 4, counts)])
    directory = 8 + len(body)
    behind = directory + 2 + 12 * len(tags) + 4
    entries, extra = b"", b""
    for tag, kind, values in tags:
        data = struct.pack(order + {3: "H", 4: "I"}[kind] * len(values), *values)
        if len(data) > 4:
            extra, data = extra + data, struct.pack(order + "I", behind + len(extra))
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + data.ljust(4, b"\0")
    with open(FOLDER + name, "wb") as file:
        file.write({"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", directory) + body)
        file.write(struct.pack(order + "H", len(tags)) + entries + b"\0\0\0\0" + extra)
    expected[name] = shows


source = Image.open(FOLDER + "tiny.png").convert("RGB")
gray = source.convert("L")
rgb, g = np.asarray(source), np.asarray(gray)
height, width = g.shape
alpha = ((np.arange(g.size).reshape(g.shape) * 7) % 256).astype(np.uint8)
rgba = source.copy()
rgba.putalpha(Image.fromarray(alpha))
quantized = source.quantize(16)
palette = np.array(quantized.getpalette()[:48], dtype=np.uint8).reshape(-1, 3)
indices = np.asarray(quantized)
noise = np.random.default_rng(1)

for interlaced in (False, True):
    for bits in (1, 2, 4):
        few = g >> (8 - bits)
        png(f"gray{bits}.png", few, 0, bits, interlaced, replicated(few * (255 // (2**bits - 1))))
    png("gray8.png", g, 0, 8, interlaced, replicated(g))
    g16 = (g.astype(np.int64) * 257 + noise.integers(-128, 129, g.shape)).clip(0, 65535).astype(np.uint16)
    png("gray16.png", g16, 0, 16, interlaced, replicated(reduced(g16)))
    png("gray-alpha8.png", np.dstack([g, alpha]), 4, 8, interlaced, replicated(g))
    deep_alpha = alpha.astype(np.uint16)
    png("gray-alpha16.png", np.dstack([g16, deep_alpha * 3]), 4, 16, interlaced, replicated(reduced(g16)))
    png("rgb8.png", rgb, 2, 8, interlaced, rgb)
    rgb16 = (rgb.astype(np.int64) * 257 + noise.integers(-128, 129, rgb.shape)).clip(0, 65535).astype(np.uint16)
    png("rgb16.png", rgb16, 2, 16, interlaced, reduced(rgb16))
    png("rgba8.png", np.dstack([rgb, alpha]), 6, 8, interlaced, rgb)
    png("rgba16.png", np.dstack([rgb16, deep_alpha]), 6, 16, interlaced, reduced(rgb16))
    colors, opacities = (b"PLTE", palette.tobytes()), (b"tRNS", bytes(range(0, 240, 15)))
    png("palette4.png", indices, 3, 4, interlaced, palette[indices], [colors])
    png("palette8-trns.png", indices, 3, 8, interlaced, palette[indices], [colors, opacities])
    png("rgb8-gamma.png", rgb, 2, 8, interlaced, rgb, [(b"gAMA", struct.pack(">I", 22727))])

# Where Pillow keeps all bits, it agrees.
for name, shows in expected.items():
    assert "16" in name or (np.asarray(Image.open(FOLDER + name).convert("RGB")) == shows).all(), name

save("rgb.bmp", source)
save("gray.bmp", gray)
save("palette.bmp", quantized)
save("one-bit.bmp", gray.convert("1"))
save("rgba.bmp", rgba, shows=source)
for name, (data, shows) in bitmaps.samples(rgb, g, indices, palette).items():
    with open(FOLDER + name, "wb") as file:
        file.write(data)
    expected[name] = shows.astype(np.uint8)

for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
    save(f"rgb-{compression}.tiff", source, compression=compression)
save("gray.tiff", gray)
save("palette.tiff", quantized)
save("one-bit-g4.tiff", gray.convert("1"), compression="group4")
save("rgba.tiff", rgba, shows=source)
save("cmyk.tiff", source.convert("CMYK"))
save("rgb-jpeg.tiff", source, compression="jpeg", quality=90)
Image.fromarray(g16).save(FOLDER + "gray16.tiff")
expected["gray16.tiff"] = replicated(reduced(g16))
save("gray-rotated.tiff", gray, shows=gray, tiffinfo={274: 6})
Image.fromarray(g.astype(np.float32)).save(FOLDER + "float.tiff")


def base(bits, samples, photometric, planes=1):
    return [
        (256, 4, [width]), (257, 4, [height]), (258, 3, [bits] * samples), (259, 3, [1]),
        (262, 3, [photometric]), (277, 3, [samples]), (284, 3, [planes]),
    ]


def strips(samples, rows):
    return [samples[top : top + rows].tobytes() for top in range(0, height, rows)]


tiff("rgb16-big-endian.tiff", ">", base(16, 3, 2) + [(278, 4, [5])], strips(rgb16.astype(">u2"), 5), 273, 279,
     reduced(rgb16))
tiff("gray8-white-is-zero.tiff", "<", base(8, 1, 0) + [(278, 4, [7])], strips(255 - g, 7), 273, 279, replicated(g))
tiff("gray16-white-is-zero.tiff", "<", base(16, 1, 0) + [(278, 4, [height]), (281, 3, [65535])],
     strips((65535 - g16).astype("<u2"), height), 273, 279, replicated(reduced(g16)))
planes = [strip for channel in range(3) for strip in strips(np.ascontiguousarray(rgb[:, :, channel]), 9)]
tiff("rgb8-planar.tiff", "<", base(8, 3, 2, planes=2) + [(278, 4, [9])], planes, 273, 279, rgb)
padded = np.zeros((32, 32, 3), np.uint8)
padded[:height, :width] = rgb
tiles = [padded[top : top + 16, left : left + 16].tobytes() for top in (0, 16) for left in (0, 16)]
tiff("rgb8-tiled.tiff", "<", base(8, 3, 2) + [(322, 4, [16]), (323, 4, [16])], tiles, 324, 325, rgb)
four = b"".join(pack(row, 4) for row in g >> 4)
tiff("gray4.tiff", "<", base(4, 1, 1) + [(278, 4, [height])], [four], 273, 279, replicated((g >> 4) * 17))

with tifffile.TiffWriter(FOLDER + "pages.tiff") as pages:
    for kind, page, photometric in [(1, rgb[::2, ::2], "rgb"), (4, g > 99, "mask"), (0, rgb, "rgb"), (2, 255 - rgb, "rgb")]:
        pages.write(page, subfiletype=kind, photometric=photometric, metadata=None, software=False)
expected["pages.tiff"] = rgb

save("rgb-420.jpg", source, quality=85, subsampling=2)
save("rgb-444-progressive.jpg", source, quality=85, subsampling=0, progressive=True)
save("gray.jpg", gray, quality=85)
save("cmyk.jpg", source.convert("CMYK"), quality=85)
save("rgb-restart.jpg", source, quality=85, restart_marker_blocks=1)

save("rgb-lossy.webp", source, quality=80)
save("rgb-lossless.webp", source, lossless=True)
save("rgba-lossy.webp", rgba, quality=80)
save("rgba-lossless.webp", rgba, lossless=True, exact=True, shows=source)


def netpbm(name, digit, maximum, samples, shows, comment="", behind=b""):
    """Numbers as text for P1 to P3, binary for P4 to P6. Pillow must agree, unless samples are deeper than what it keeps."""
    head = f"P{digit}{comment}\n{width} {height}\n" + (f"{maximum}\n" if digit not in (1, 4) else "")
    rows = samples.reshape(height, -1)
    if digit < 4:
        pixels = "\n".join(" ".join(str(value) for value in row) for row in rows).encode() + b"\n"
    elif digit == 4:
        pixels = np.packbits(rows.astype(bool), axis=1).tobytes()
    else:
        pixels = rows.astype(">u2" if maximum > 255 else "u1").tobytes()
    with open(FOLDER + name, "wb") as file:
        file.write(head.encode() + pixels + behind)
    seen = np.asarray(Image.open(FOLDER + name).convert("RGB"))
    assert maximum > 255 and digit in (2, 5) or (seen == shows).all(), name
    expected[name] = shows.astype(np.uint8)


def scaled(samples, maximum):
    """Halves to the even number up to 255, as Pillow; above, where it rounds them up or down, always up."""
    if maximum <= 255:
        return np.rint(samples / maximum * 255).astype(np.uint8)
    return ((samples.astype(np.int64) * 255 + maximum // 2) // maximum).astype(np.uint8)


bits = (g > 99).astype(np.uint8)
netpbm("bits-plain.pbm", 1, 1, bits, replicated(255 - 255 * bits), comment=" # one and zero")
netpbm("bits.pbm", 4, 1, bits, replicated(255 - 255 * bits))
netpbm("gray-plain.pgm", 2, 255, g, replicated(g), comment="\n# a comment\n# and another")
netpbm("gray.pgm", 5, 255, g, replicated(g), behind=b"P5 1 1 255 x")
hundred = g.astype(np.int64) * 100 // 255
netpbm("gray-to-100.pgm", 5, 100, hundred, replicated(scaled(hundred, 100)))
netpbm("gray-to-100-plain.pgm", 2, 100, hundred, replicated(scaled(hundred, 100)))
netpbm("gray16.pgm", 5, 65535, g16, replicated(reduced(g16)))
twelve = g16 >> 4
netpbm("gray12.pgm", 5, 4095, twelve, replicated(scaled(twelve, 4095)))
netpbm("gray12-plain.pgm", 2, 4095, twelve, replicated(scaled(twelve, 4095)))
netpbm("rgb-plain.ppm", 3, 255, rgb, rgb)
netpbm("rgb.ppm", 6, 255, rgb, rgb, comment=" # three numbers a pixel")
netpbm("rgb16.ppm", 6, 65535, rgb16, reduced(rgb16))

names = sorted(expected)
Image.fromarray(np.concatenate([expected[name] for name in names])).save(FOLDER + "expected.png", optimize=True)
with open(FOLDER + "expected.txt", "w") as file:
    file.write("\n".join(names) + "\n")
