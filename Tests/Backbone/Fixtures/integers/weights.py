"""Synthetic weights, made as they are asked for, and the scaling of pixels."""
import sys
from pathlib import Path

import numpy as np

from graphs import Graph

sys.path.append(str(Path(__file__).resolve().parents[3] / "Weights"))
from synthetic_weights import synthetic  # noqa: E402


class Synthetic:
    """A backbone's tensors by name, Float32."""

    def __init__(self, backbone, gain):
        self.gain, self.shapes = gain, {}
        for node in Graph(backbone).nodes:
            if node.kind == "gate":
                self._convolution(node.name + ".conv_reduce", node.narrow, node.inputs, 1)
                self._convolution(node.name + ".conv_expand", node.outputs, node.narrow, 1)
            elif node.kind == "convolution":
                self._convolution(node.name, node.outputs, 1 if node.depthwise else node.inputs, node.size)
                for part in ("weight", "bias", "running_mean", "running_var"):
                    self.shapes[f"{node.norm}.{part}"] = (node.outputs,)

    def _convolution(self, name, outputs, inputs, size):
        self.shapes[name + ".weight"], self.shapes[name + ".bias"] = (outputs, inputs, size, size), (outputs,)

    def __getitem__(self, name):
        return synthetic(name, self.shapes[name], self.gain)


def scaling(backbone):
    """Mean and deviation of red, green and blue, in units of 0 to 255, Float32."""
    if "lite" in backbone:
        return np.full(3, 127, np.float32), np.full(3, 128, np.float32)
    return tuple(
        np.array(numbers, np.float32) * np.float32(255) for numbers in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
