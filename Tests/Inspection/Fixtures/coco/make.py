"""Draws masks and writes, for each connected region, what pycocotools and SciPy say of it: run lengths, area, box and centroid.
Needs NumPy, SciPy and pycocotools.

Usage: make.py FILE
"""

import json
import sys

import numpy as np
from pycocotools import mask as coco
from scipy import ndimage


def uncompressed(packed):
    """The lengths in pycocotools' packed string: groups of five bits, the sixth says that there are more; from the third length on
    the difference from the one before the last."""
    lengths, at, data = [], 0, packed["counts"]
    while at < len(data):
        value, shift, more = 0, 0, True
        while more:
            byte = data[at] - 48
            value |= (byte & 31) << shift
            more, at, shift = bool(byte & 32), at + 1, shift + 5
            if not more and byte & 16:
                value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
    return lengths


random = np.random.default_rng(11)
masks = []
for height, width, share in [(1, 1, 1), (5, 7, 0.4), (9, 4, 0.6), (16, 16, 0.3), (12, 30, 0.7), (3, 3, 1), (8, 1, 0.5)]:
    drawn = random.random((height, width)) < share
    labels, count = ndimage.label(drawn, np.ones((3, 3)))
    regions = []
    for label in range(1, count + 1):
        region = labels == label
        packed = coco.encode(np.asfortranarray(region.astype(np.uint8)))
        lengths = uncompressed(packed)
        assert coco.frPyObjects({"size": [height, width], "counts": lengths}, height, width) == packed
        regions.append(
            {
                "counts": lengths,
                "area": int(coco.area(packed)),
                "bbox": [int(side) for side in coco.toBbox(packed)],
                "centroid": [float(place) for place in ndimage.center_of_mass(region)],
            }
        )
    rows = ["".join("#" if pixel else "." for pixel in row) for row in drawn]
    masks.append({"rows": rows, "regions": regions})

with open(sys.argv[1], "w") as file:
    json.dump(masks, file, indent=1)
    file.write("\n")
