"""From distances to a map, a score and a file: docs/NUMERICS.md, "Distance, map and score"."""
import io
import math
import struct
import zlib

import numpy


def enlargement(inputs, outputs):
    """[outputs, inputs]: blended linearly, the middles of pixels at halves."""
    matrix = numpy.zeros((outputs, inputs))
    for output in range(outputs):
        place = max((output + 0.5) * inputs / outputs - 0.5, 0)
        first = min(math.floor(place), inputs - 1)
        share = place - first if first + 1 < inputs else 0
        matrix[output, first] += 1 - share
        if share:
            matrix[output, first + 1] += share
    return matrix


def blur(length, border):
    weights = numpy.exp(-numpy.arange(-16, 17) ** 2 / 32)
    weights /= weights.sum()
    matrix = numpy.zeros((length, length))
    period = 2 * length if border == "repeatingEdge" else max(2 * length - 2, 1)
    for output in range(length):
        for offset, weight in zip(range(-16, 17), weights):
            place = (output + offset) % period
            if place >= length:
                place = period - 1 - place if border == "repeatingEdge" else period - place
            matrix[output, place] += weight
    return matrix


class MapMaker:
    """Maps of one grid at the input's size."""

    def __init__(self, space, taps, border):
        coarsest = space.get("patchGrid") == "coarsest"
        self.sides = []
        for axis, name in enumerate(("Height", "Width")):
            grid, length = space["grid" + name], space["input" + name]
            finest = max(tap[axis] for tap in taps) if coarsest else grid
            matrix = blur(length, border) @ enlargement(finest, length)
            if finest != grid:
                shown = numpy.arange(finest) * grid // finest
                matrix = matrix @ (shown[:, None] == numpy.arange(grid)[None, :])
            self.sides.append(matrix.astype(numpy.float32))

    def __call__(self, distances):
        return self.sides[0] @ distances @ self.sides[1].T


def score(values, percent):
    """The score of a map, and the place of its maximum."""
    row, column = numpy.unravel_index(values.argmax(), values.shape)
    if percent is None:
        return values.max(), int(row), int(column)
    count = max(math.floor(values.size * percent / 100 + 0.5), 1)
    largest = numpy.partition(values.ravel(), values.size - count)[values.size - count:]
    return numpy.float32(largest.astype(float).mean()), int(row), int(column)


def at_original_size(values, size, resized, start):
    """A map at the image's size: 0 where the input does not show it."""
    sides = []
    for original, scaled, begin, length in zip(size, resized, start, values.shape):
        matrix = numpy.zeros((original, length), numpy.float32)
        for output in range(original):
            place = (output + 0.5) * scaled / original - begin
            if 0 <= place <= length:
                place = max(place - 0.5, 0)
                first = min(math.floor(place), length - 1)
                share = place - first if first + 1 < length else 0
                matrix[output, first] += 1 - share
                if share:
                    matrix[output, first + 1] += share
        sides.append(matrix)
    return sides[0] @ values @ sides[1].T


def encoded(values, form, exponent):
    """The bytes of a map's file."""
    if form == "npy":
        target = io.BytesIO()
        numpy.lib.format.write_array(target, numpy.ascontiguousarray(values, "<f4"), version=(1, 0))
        return target.getvalue()
    if form == "png16":
        return _png(values, exponent)
    raise ValueError(f"this worker writes no maps of the format {form}")


def _png(values, exponent):
    largest = float(values.max())
    while exponent > -113 and largest * 2.0 ** exponent > 65_535:
        exponent -= 1
    samples = numpy.rint(numpy.maximum(values, 0).astype(float) * 2.0 ** exponent).astype(">u2")
    height, width = samples.shape
    rows = b"".join(b"\0" + row.tobytes() for row in samples)
    text = f"2^{exponent}: distance = sample / 2^{exponent}"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)),
            (b"tEXt", b"padim-scale\0" + text.encode()),
            (b"IDAT", zlib.compress(rows, 1)),
            (b"IEND", b""),
        ))
