"""Maps of whole numbers, and the operations on them. Sums are exact; all that is Float32 is rounded after each operation, as NumPy does it."""
from dataclasses import dataclass

import numpy as np

F = np.float32


@dataclass
class Map:
    """`q`, uint8 [images, rows, columns, channels], stands for scale (q - zero)."""

    q: np.ndarray
    scale: np.float32
    # A number, or one a channel.
    zero: object

    def centred(self):
        """q - z, whole numbers in Float32."""
        return self.q.astype(F) - np.asarray(self.zero, F)


def rne(x):
    """The nearest whole number, ties to even."""
    return np.rint(x)


def clip8(x, high=255):
    return np.clip(x, 0, high).astype(np.uint8)


def windows(x, size, stride, graph):
    """Views of `x` [images, rows, columns, channels], padded by 0, at each of the window's places, row by row."""
    (top, bottom, rows), (left, right, columns) = [graph.padding(length, size, stride) for length in x.shape[1:3]]
    padded = np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    return [
        padded[:, dy : dy + (rows - 1) * stride + 1 : stride, dx : dx + (columns - 1) * stride + 1 : stride]
        for dy in range(size) for dx in range(size)
    ]


def dense(x, weights, stride, graph):
    """Sums of W (q - z), whole numbers in Float64. `x` is q - z, Float32; weights [outputs, inputs, size, size]."""
    outputs, inputs, size, _ = weights.shape
    # A product is below 2^15, so that up to 512 of them are whole numbers of Float32 in any order.
    slab = 512
    total = 0
    for place, view in enumerate(windows(x, size, stride, graph)):
        w = weights[:, :, place // size, place % size].T.astype(F)
        for first in range(0, inputs, slab):
            part = view[..., first : first + slab]
            product = np.ascontiguousarray(part).reshape(-1, part.shape[-1]) @ w[first : first + slab]
            total = product.astype(np.float64) if place == first == 0 else np.add(total, product, out=total)
    return total.reshape(*view.shape[:3], outputs)


def depthwise(x, weights, stride, graph):
    """The same with one filter a channel, of at most 25 places: below 2^24, so that Float32 has it."""
    size, total = weights.shape[2], 0
    for place, view in enumerate(windows(x, size, stride, graph)):
        total = total + view * weights[:, 0, place // size, place % size].astype(F)
    return total.astype(np.float64)
