"""From an image file to the network's input: docs/NUMERICS.md, "From file to pixels" and "To the network's input".

What this worker cannot do is Unsupported, which is no fault of the image's.
"""
import io
import math

import numpy
from PIL import Image, ImageOps

from networks import scaling

Image.MAX_IMAGE_PIXELS = 178_956_970


class Unusable(Exception):
    """Why an image cannot be used."""


class Unsupported(Exception):
    """What this worker lacks."""


def check(space):
    """Unsupported where the input is made in a way that this worker has not."""
    for field in ("tile", "augmentCopies", "fit", "scaledJPEG"):
        if field in space:
            raise Unsupported(f"this worker does not know the field {field} of a space")


def content(task):
    """The bytes of an image."""
    place = task.get("place", {})
    if "refused" in place:
        raise Unusable(place["refused"])
    if place or "://" in task["file"] or "roi" in task:
        raise Unsupported("this worker reads image files only: no archives, no addresses, no regions of images")
    try:
        with open(task["file"], "rb") as file:
            return file.read()
    except OSError as error:
        raise Unusable(f"{task['file']}: {error.strerror}") from None


class Preparation:
    """Makes the network's input as a space says."""

    def __init__(self, space):
        check(space)
        self.size = space["inputWidth"], space["inputHeight"]
        self.resize, self.crop = space.get("resize"), space.get("crop")
        self.white = space.get("whiteLevel", 65_535)
        self.turns = space.get("orientation") == "exif"
        self.floats = space.get("resizePrecision") == "float"
        mean, deviation = scaling(space["backbone"])
        if "mean" in space:
            mean, deviation = [
                numpy.array(space[name], numpy.float32) * numpy.float32(255) for name in ("mean", "deviation")
            ]
        a, b = 1 / deviation.astype(float), -mean.astype(float) / deviation.astype(float)
        self.factor, self.offset = a.astype(numpy.float32), b.astype(numpy.float32)

    def decode(self, data, name):
        """U8 [height, width, 3]: the image as it is read, and turned."""
        try:
            return self._pixels(Image.open(io.BytesIO(data)))
        except Unsupported:
            raise
        except Exception as error:  # whatever a damaged file makes a decoder say
            raise Unusable(f"{name}: {error}") from None

    def __call__(self, data, name):
        """Float32 [3, height, width], and the size of the image, height and width."""
        pixels = self.decode(data, name)
        size = pixels.shape[:2]
        resized = self.resized(pixels, name, self.floats)
        planes = resized.astype(numpy.float32).transpose(2, 0, 1)
        return planes * self.factor[:, None, None] + self.offset[:, None, None], size

    def _pixels(self, image):
        if self.turns:
            image = ImageOps.exif_transpose(image)
        if image.mode in ("I;16", "I;16B", "I"):
            samples = numpy.asarray(image).astype(numpy.int64)
            gray = numpy.minimum((255 * samples + self.white // 2) // self.white, 255).astype(numpy.uint8)
            return numpy.repeat(gray[:, :, None], 3, 2)
        if image.format == "PNG" and image.tile and "16B" in str(image.tile[0]):
            raise Unsupported("this worker does not read colours of 16 bits")
        return numpy.asarray(image.convert("RGB"))

    def geometry(self, height, width):
        """The size that an image is resized to, height and width, and where the input begins in it."""
        if self.crop is None:
            return (self.size[1], self.size[0]), (0, 0)
        resized = height, width
        if self.resize is not None:
            shorter, longer = min(height, width), max(height, width)
            other = self.resize * longer // shorter
            resized = (self.resize, other) if height <= width else (other, self.resize)
        return resized, tuple(round((side - self.crop) / 2) for side in resized)

    def resized(self, pixels, name, floats=False):
        """What the network sees, [height, width, 3]. Overlays are of the one in 8 bits."""
        size, start = self.geometry(*pixels.shape[:2])
        if self.crop is not None and min(size) < self.crop:
            raise Unusable(f"{name}: is smaller than the crop of {self.crop} pixels")
        if self.crop is None or self.resize is not None:
            if floats:
                pixels = resized_in_floats(pixels.astype(numpy.float32), *size)
            elif pixels.shape[:2] != size:
                pixels = numpy.asarray(Image.fromarray(pixels).resize(size[::-1], Image.BILINEAR))
        if self.crop is None:
            return pixels
        rows, columns = [slice(first, first + self.crop) for first in start]
        return pixels[rows, columns]


def resized_in_floats(pixels, height, width):
    """torchvision's antialiased resize: along the rows first."""
    across = weights(pixels.shape[1], width)
    down = weights(pixels.shape[0], height)
    wide = numpy.einsum("ok,rkc->roc", across, pixels, dtype=numpy.float32)
    return numpy.einsum("ok,kcn->ocn", down, wide, dtype=numpy.float32)


def weights(inputs, outputs):
    scale = inputs / outputs
    support = max(scale, 1)
    matrix = numpy.zeros((outputs, inputs), numpy.float32)
    for output in range(outputs):
        centre = (output + 0.5) * scale
        first = max(math.trunc(centre - support + 0.5), 0)
        end = min(math.trunc(centre + support + 0.5), inputs)
        row = [max(0, 1 - abs((k - centre + 0.5) * (1 / support))) for k in range(first, end)]
        total = sum(row)
        matrix[output, first:end] = [value / total for value in row]
    return matrix
