"""Quantises a backbone's weights as docs/NUMERICS.md has it: the network runs over the eight pictures, and a convolution's numbers are made
when it is reached."""
import math

import numpy as np

from arithmetic import F, rne
from network import Network
from pictures import pictures


class Quantiser(Network):
    """`source` gives the original tensors, by torchvision's or timm's names."""

    def __init__(self, backbone, source, mean, deviation):
        version = np.array([1], np.uint8)
        super().__init__(backbone, {"padim.int8": version, "image.mean": mean, "image.deviation": deviation})
        self.source = source

    def run(self, layer):
        """The tensors of the file up to a layer."""
        self.taps(pictures(), [layer])
        return self.tensors

    def prepare(self, name, x, node):
        w = self.source[name + ".weight"].astype(np.float64)
        if node is None:
            b = self.source[name + ".bias"].astype(np.float64)
        else:
            gamma, beta, mean, variance = [
                self.source[f"{node.norm}.{part}"].astype(np.float64)
                for part in ("weight", "bias", "running_mean", "running_var")
            ]
            g = gamma / np.sqrt(variance + self.graph.epsilon)
            w = w * g[:, None, None, None]
            b = beta - mean * g
        if node is not None and node.source < 0:
            pixel = self.tensors["image.mean"].astype(np.float64)
            w = w / self.tensors["image.deviation"].astype(np.float64)[None, :, None, None]
            terms = w * (rne(pixel) - pixel)[None, :, None, None]
            # One after the other: NumPy's own sum has another order.
            b = np.add.accumulate(np.concatenate([b[:, None], terms.reshape(len(b), -1)], axis=1), axis=1)[:, -1]
        s_in = np.float64(x.scale)
        largest = np.abs(w).reshape(len(b), -1).max(1)
        scales = np.maximum(np.maximum(largest / 127, np.abs(b) / (s_in * 2.0**29)), 2.0**-60).astype(F)
        wide = scales.astype(np.float64)
        self.tensors[name + ".weight"] = np.clip(rne(w / wide[:, None, None, None]), -127, 127).astype(np.int8)
        self.tensors[name + ".bias"] = rne(b / (s_in * wide)).astype(np.int32)
        self.tensors[name + ".weight_scale"] = scales

    def observe(self, name, follows, t, steps, shortcut):
        low, high = float(t.min()), float(t.max())
        least = 2 * float(steps.max())
        if shortcut is not None:
            least = max(least, float(shortcut.scale) / 256)
        if follows in ("relu", "relu6"):
            return self._keep(name, "", max(high / 255, least), 0)
        if follows is None:
            return self._keep(name, "", max(max(-low, high) / 127, least), 128)
        if follows == "swish":
            above, below = max(high, 0.0), min(max(-low, 0.0), 8.0)
        else:
            above, below = min(max(high, 0.0), 16.0), min(max(-low, 0.0), 16.0)
        scale = F(max((above + below) / 255, least))
        zero = min(int(rne(below / float(scale))), 255)
        self._keep(name, "table_", scale, zero)
        x = [float(scale) * (u - zero) for u in range(256)]
        if follows == "sigmoid":
            table = [min(255, int(rne(256 / (1 + exponential(-value))))) for value in x]
        else:
            y = [value / (1 + exponential(-value)) for value in x]
            most, least = max(0.0, *y), min(0.0, *y)
            scale = F(max((most - least) / 255, 2.0**-60))
            zero = int(rne(-least / float(scale)))
            self._keep(name, "", scale, zero)
            table = [min(max(int(rne(value / float(scale))) + zero, 0), 255) for value in y]
        self.tensors[name + ".table"] = np.array(table, np.uint8)

    def _keep(self, name, kind, scale, zero):
        self.tensors[f"{name}.{kind}scale"] = np.array([scale], F)
        self.tensors[f"{name}.{kind}zero"] = np.array([zero], np.uint8)


def exponential(x):
    """exp, and infinity where that is above all doubles."""
    return math.exp(x) if x < 709 else math.inf
