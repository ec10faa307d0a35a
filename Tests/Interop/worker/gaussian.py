"""Embeddings on the fixed-point grid, sums, records, and distances from a model: docs/NUMERICS.md from "The embedding" on."""
import hashlib
import json

import numpy

LIMIT = 2 ** 19 - 1
# Sums of so many products of two numbers of the grid are exact in doubles.
EXACT_IMAGES = 2 ** 53 // LIMIT ** 2


class Embedding:
    """From taps to the numbers of the grid."""

    def __init__(self, space):
        self.height, self.width = space["gridHeight"], space["gridWidth"]
        self.patches = self.height * self.width
        self.pools = space.get("patchGrid") == "coarsest"
        channels = numpy.array(space["channels"])
        ends = numpy.cumsum(space["layerChannels"])
        if len(channels) == 0 or channels[-1] >= ends[-1]:
            raise ValueError("a channel is kept that no layer has")
        starts = ends - space["layerChannels"]
        self.kept = [channels[(channels >= a) & (channels < b)] - a for a, b in zip(starts, ends)]
        exponents = numpy.repeat(space["exponents"], [len(kept) for kept in self.kept])
        self.scales = numpy.ldexp(numpy.float32(1), exponents).astype(numpy.float32)
        self.steps = numpy.ldexp(numpy.float32(1), -exponents).astype(numpy.float32)
        self.dimension = len(channels)

    def features(self, taps):
        """Float32 [images, patches, channels]: the embeddings before they are rounded."""
        parts = []
        for tap, kept in zip(taps, self.kept):
            part = tap[:, kept]
            _, _, height, width = tap.shape
            if self.pools:
                part = _pooled(part, self.height, self.width)
            else:
                rows = numpy.arange(self.height) * height // self.height
                columns = numpy.arange(self.width) * width // self.width
                part = part[:, :, rows[:, None], columns[None, :]]
            parts.append(part.reshape(len(tap), len(kept), self.patches))
        return numpy.ascontiguousarray(numpy.concatenate(parts, 1).transpose(0, 2, 1), numpy.float32)

    def rounded(self, features):
        """The whole numbers of features as Float32, and how many of each image's were beyond the grid."""
        products = features * self.scales
        clamped = (numpy.abs(products) > LIMIT).sum((1, 2))
        return numpy.rint(numpy.clip(products, -LIMIT, LIMIT)), clamped


def _pooled(values, rows, columns):
    """The mean over each patch's pixels, added one by one, row by row."""
    _, _, height, width = values.shape
    top = [r * height // rows for r in range(rows)]
    bottom = [-(-(r + 1) * height // rows) for r in range(rows)]
    left = [c * width // columns for c in range(columns)]
    right = [-(-(c + 1) * width // columns) for c in range(columns)]
    found = numpy.zeros((*values.shape[:2], rows, columns), numpy.float32)
    for r in range(rows):
        for c in range(columns):
            total = numpy.zeros(values.shape[:2], numpy.float32)
            for y in range(top[r], bottom[r]):
                for x in range(left[c], right[c]):
                    total = total + values[:, :, y, x]
            found[:, :, r, c] = total / numpy.float32((bottom[r] - top[r]) * (right[c] - left[c]))
    return found


class Sums:
    """Exact sums: of each patch the record of PROTOCOL.md, "A record of sums"."""

    def __init__(self, patches, dimension):
        self.dimension = dimension
        self.rows, self.columns = numpy.tril_indices(dimension)
        self.records = numpy.zeros((patches, dimension * (dimension + 3) // 2), "<i8")
        self.images = self.clamped = 0

    def fold(self, rounded, clamped):
        """Adds [images, patches, channels] of whole numbers."""
        for first in range(0, len(rounded), EXACT_IMAGES):
            numbers = rounded[first:first + EXACT_IMAGES].astype(numpy.float64)
            for patch in range(0, numbers.shape[1], 256):
                block = numbers[:, patch:patch + 256].transpose(1, 0, 2)
                records = self.records[patch:patch + 256]
                records[:, :self.dimension] += block.sum(1).astype(numpy.int64)
                products = block.transpose(0, 2, 1) @ block
                records[:, self.dimension:] += products[:, self.rows, self.columns].astype(numpy.int64)
        self.images += len(rounded)
        self.clamped += int(numpy.sum(clamped))

    def clear(self):
        self.records[:] = 0
        self.images = self.clamped = 0

    def chunk(self, index, patches):
        return self.records[index * patches:(index + 1) * patches].tobytes()


class Fingerprints:
    """Of features and of sums: docs/NUMERICS.md, "Fingerprints"."""

    PRIME = (1 << 61) - 1

    def __init__(self, seed, patches, dimension):
        numbers = self._numbers(seed)
        self.channels = numpy.array([(next(numbers) >> 33) - (1 << 30) for _ in range(dimension)], numpy.int64)
        self.patches = [
            ((next(numbers) >> 3) % self.PRIME, (next(numbers) >> 3) % self.PRIME) for _ in range(patches)]

    @staticmethod
    def _numbers(state):
        """SplitMix64."""
        most = (1 << 64) - 1
        while True:
            state = (state + 0x9E3779B97F4A7C15) & most
            mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & most
            mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & most
            yield mixed ^ (mixed >> 31)

    def of(self, rounded):
        """Of [images, patches, channels] of whole numbers."""
        total = 0
        for image in rounded.astype(numpy.int64) @ self.channels:
            for product, (square, linear) in zip(image.tolist(), self.patches):
                total += square * product * product + linear * product
        return f"{total % self.PRIME:016x}"


class Model:
    """Means and whitening matrices of a model's file."""

    def __init__(self, tensors, metadata):
        if metadata.get("format") != "padim model" or int(metadata.get("version", 0)) > 3:
            raise ValueError("is no model that this worker knows")
        header = json.loads(metadata["header"])
        self.space, self.images = header["space"], header["count"]
        self.header = header
        self.mean, self.packed = numpy.asarray(tensors["mean"]), tensors["whitening"]
        if "exponents" not in self.space:
            raise ValueError("is of the first version of its format")
        d = self.mean.shape[1]
        self.rows, self.columns = numpy.tril_indices(d)
        _verify(metadata, tensors)

    def whitening(self, patches):
        """Of some patches, Float32 [patches, d, d]."""
        d = self.mean.shape[1]
        full = numpy.zeros((len(self.mean[patches]), d, d), numpy.float32)
        full[:, self.rows, self.columns] = self.packed[patches]
        return full

    def distances(self, embedding, rounded):
        """Float32 [images, patches], of whole numbers [images, patches, channels]."""
        found = numpy.empty(rounded.shape[:2], numpy.float32)
        for first in range(0, rounded.shape[1], 128):
            patches = slice(first, first + 128)
            centred = rounded[:, patches] * embedding.steps - self.mean[patches]
            white = self.whitening(patches) @ centred.transpose(1, 2, 0)
            found[:, patches] = numpy.sqrt((white * white).sum(1)).T
        return found


def _verify(metadata, tensors):
    """The checks of docs/NUMERICS.md, of all patches at once."""
    text = f"{metadata['format']} {metadata['version']} {metadata['header']}".encode()
    seed = int.from_bytes(hashlib.sha256(text).digest()[:8], "big")
    patches = len(tensors["mean"])
    with numpy.errstate(over="ignore"):
        state = (numpy.uint64(seed) + numpy.arange(patches, dtype=numpy.uint64)) ^ numpy.uint64(0x9E3779B97F4A7C15)
        for number, name in enumerate(("mean", "whitening")):
            if number:
                state = state ^ numpy.uint64(0x9E3779B97F4A7C15)
            row = numpy.ascontiguousarray(tensors[name], "<f4")
            if row.shape[1] % 2:
                row = numpy.concatenate([row, numpy.zeros((patches, 1), "<f4")], 1)
            for word in row.view("<u8").T:
                state = (state ^ word) * numpy.uint64(0xFF51AFD7ED558CCD)
                state = state ^ (state >> numpy.uint64(32))
    if not numpy.array_equal(state.view("<i8"), tensors["checks"]):
        raise ValueError("is damaged: its checks do not hold")
