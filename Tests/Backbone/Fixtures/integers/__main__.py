"""A second implementation of "The integer network" of docs/NUMERICS.md, in NumPy, written from that section.

    python3 integers features BACKBONE QUANTISED IMAGE HEIGHT WIDTH LAYER,... OUTPUT
    python3 integers quantise BACKBONE GAIN LAYER OUTPUT

`features`: the taps of an image (uint8 RGB, row by row) by a quantised file, as tensors F32 [channels, rows, columns] by their layers.
`quantise`: the tensors of a quantised file, of synthetic weights (Tests/Weights) up to a layer.
"""
import sys
from pathlib import Path

import numpy as np

sys.dont_write_bytecode = True
import tensor_files  # noqa: E402
from network import Network  # noqa: E402
from quantiser import Quantiser  # noqa: E402
from weights import Synthetic, scaling  # noqa: E402


def features(backbone, quantised, image, height, width, layers, output):
    tensors, _ = tensor_files.read(quantised)
    pixels = np.frombuffer(Path(image).read_bytes(), np.uint8).reshape(1, int(height), int(width), 3)
    taps = Network(backbone, tensors).taps(pixels, layers.split(","))
    tensor_files.write(output, {layer: values[0].transpose(2, 0, 1) for layer, values in taps.items()})


def quantise(backbone, gain, layer, output):
    quantiser = Quantiser(backbone, Synthetic(backbone, float(gain)), *scaling(backbone))
    tensor_files.write(output, quantiser.run(layer))


{"features": features, "quantise": quantise}[sys.argv[1]](*sys.argv[2:])
