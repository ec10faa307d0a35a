"""Writes signal-to-noise.json beside it: how far the features of eight-bit networks are from those of Float64, by PyTorch's emulation.

    python3 make_signal_to_noise.py        (needs torch, torchvision, timm, numpy)

The layers of torchvision and timm run in Float64 on numbers that are rounded to the grids of "The integer network" in docs/NUMERICS.md by
torch.fake_quantize. It is no exact emulation: sums and scales are not rounded to Float32, so that a number near the middle of two may go to the other one.
Weights are synthetic; the pictures are the eight that scales are found from. In decibels: the power of a tap's features in Float64 over that of the
difference.
"""
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE / "integers"))
from make_expectations import network  # noqa: E402
from pictures import pictures  # noqa: E402


@dataclass
class Value:
    """Numbers on a grid, [images, channels, rows, columns], and its step."""

    x: torch.Tensor
    step: float


class Grids:
    """The weights and grids of a network, found for what it is shown at first."""

    def __init__(self, mean, deviation):
        self.mean, self.deviation = torch.from_numpy(mean), torch.from_numpy(deviation)
        self.weights, self.found = {}, {}

    def image(self, pixels):
        """uint8 [images, rows, columns, 3], less the nearest whole number to the mean."""
        x = torch.from_numpy(pixels.astype(np.float64).transpose(0, 3, 1, 2))
        return Value(x - self.mean.round()[None, :, None, None], 1.0)

    def convolve(self, value, conv, norm=None, follows=None, shortcut=None):
        """The numbers that a convolution and what follows it leave, and those before they are rounded."""
        w, b, steps = self._weights(value, conv, norm)
        before = functional.conv2d(self._padded(value.x, conv), w, b, conv.stride, 0, 1, conv.groups)
        if shortcut is not None:
            before = before + shortcut.x
        if follows in ("relu", "relu6"):
            before = before.clamp(0, 6 if follows == "relu6" else math.inf)
        least = max(2 * steps.max().item(), shortcut.step / 256 if shortcut is not None else 0)
        if conv not in self.found:
            self.found[conv] = self._grid(before, follows, least)
        step, zero = self.found[conv]
        x = self._rounded(before, step, zero)
        if follows == "swish":
            x = functional.silu(x)
            if (conv, "after") not in self.found:
                y = functional.silu(step * (torch.arange(256, dtype=torch.float64) - zero))
                low, high = min(y.min().item(), 0), max(y.max().item(), 0)
                after = max((high - low) / 255, 2.0**-60)
                self.found[conv, "after"] = after, round(-low / after)
            step, zero = self.found[conv, "after"]
            x = self._rounded(x, step, zero)
        if follows == "sigmoid":
            x, step = (torch.sigmoid(x) * 256).round().clamp(max=255) / 256, 1 / 256
        return Value(x, step), before

    @staticmethod
    def _rounded(x, step, zero):
        return torch.fake_quantize_per_tensor_affine(x.float(), float(np.float32(step)), zero, 0, 255).double()

    @staticmethod
    def _padded(x, conv):
        """With TensorFlow's padding, where timm's layer has that, else with its own."""
        if conv.padding != (0, 0):
            return functional.pad(x, [conv.padding[1]] * 2 + [conv.padding[0]] * 2)
        totals = [
            max((-(-length // stride) - 1) * stride + size - length, 0)
            for length, stride, size in zip(x.shape[2:], conv.stride, conv.kernel_size)
        ]
        return functional.pad(x, [totals[1] // 2, totals[1] - totals[1] // 2, totals[0] // 2, totals[0] - totals[0] // 2])

    def _weights(self, value, conv, norm):
        if conv not in self.weights:
            w = conv.weight.double()
            b = conv.bias.double() if conv.bias is not None else torch.zeros(len(w), dtype=torch.float64)
            if norm is not None:
                g = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
                w, b = w * g[:, None, None, None], norm.bias.double() - norm.running_mean.double() * g
            if not self.weights:
                w = w / self.deviation[None, :, None, None]
                b = b + (w * (self.mean.round() - self.mean)[None, :, None, None]).sum((1, 2, 3))
            scale = torch.maximum(w.abs().amax((1, 2, 3)) / 127, b.abs() / (value.step * 2**29)).clamp(min=2.0**-60)
            by_channel = scale[:, None, None, None]
            w = (w / by_channel).round().clamp(-127, 127) * by_channel
            self.weights[conv] = w, (b / (value.step * scale)).round() * (value.step * scale), value.step * scale
        return self.weights[conv]

    @staticmethod
    def _grid(x, follows, least):
        low, high = x.min().item(), x.max().item()
        if follows in ("relu", "relu6"):
            return max(high / 255, least), 0
        if follows is None:
            return max(max(-low, high) / 127, least), 128
        bounds = (math.inf, 8) if follows == "swish" else (16, 16)
        above, below = min(max(high, 0), bounds[0]), min(max(-low, 0), bounds[1])
        step = max((above + below) / 255, least)
        return step, min(round(below / step), 255)


def residual(grids, model, pixels):
    x, _ = grids.convolve(grids.image(pixels), model.conv1, model.bn1, "relu")
    x, taps = Value(model.maxpool(x.x), x.step), {}
    for name in ("layer1", "layer2", "layer3"):
        for block in getattr(model, name):
            shortcut = x
            if block.downsample is not None:
                shortcut, _ = grids.convolve(x, block.downsample[0], block.downsample[1])
            parts = [n for n in ("1", "2", "3") if hasattr(block, "conv" + n)]
            for n in parts:
                x, taps[name] = grids.convolve(
                    x, getattr(block, "conv" + n), getattr(block, "bn" + n), "relu", shortcut if n == parts[-1] else None)
    return taps


def efficient(grids, model, pixels, follows):
    x, _ = grids.convolve(grids.image(pixels), model.conv_stem, model.bn1, follows)
    taps, number = {}, 0
    for stage_number, stage in enumerate(list(model.blocks)[:5]):
        for block in stage:
            shortcut = x if block.has_skip else None
            parts = [("conv_pw", "bn1"), ("conv_dw", "bn2"), ("conv_pwl", "bn3")]
            if not hasattr(block, "conv_pwl"):
                parts = [("conv_dw", "bn1"), ("conv_pw", "bn2")]
            for conv, norm in parts[:-1]:
                x, _ = grids.convolve(x, getattr(block, conv), getattr(block, norm), follows)
            if hasattr(block, "se") and hasattr(block.se, "conv_reduce"):
                # Means and products are rounded to the map's own grid.
                mean = Value((x.x.mean((2, 3), keepdim=True) / x.step).round() * x.step, x.step)
                narrow, _ = grids.convolve(mean, block.se.conv_reduce, follows="swish")
                factors, _ = grids.convolve(narrow, block.se.conv_expand, follows="sigmoid")
                x = Value((x.x * factors.x / x.step).round() * x.step, x.step)
            conv, norm = parts[-1]
            x, value = grids.convolve(x, getattr(block, conv), getattr(block, norm), None, shortcut)
            # Lite0's taps are counted by block, B5's by stage.
            taps[f"blocks.{number if follows == 'relu6' else stage_number}"] = value
            number += 1
    return taps


def main():
    results = {}
    for name, gain, layers in [
        ("resnet18", 6, ("layer1", "layer2", "layer3")), ("wide_resnet50_2", 6, ("layer1", "layer2", "layer3")),
        ("efficientnet_lite0", 4, ("blocks.2", "blocks.4", "blocks.10")),
        ("tf_efficientnet_b5", 4, ("blocks.1", "blocks.3", "blocks.4")),
    ]:
        model, modules, mean, deviation = network(name, gain)
        mean, deviation = [numbers.astype(np.float32).astype(np.float64) for numbers in (mean, deviation)]
        exact = {}
        for layer in layers:
            modules[layer].register_forward_hook(lambda _, __, y, layer=layer: exact.__setitem__(layer, y))
        with torch.no_grad():
            shown = pictures()
            grids = Grids(mean, deviation)
            follows = {"efficientnet_lite0": "relu6", "tf_efficientnet_b5": "swish"}.get(name)
            taps = efficient(grids, model, shown, follows) if follows else residual(grids, model, shown)
            x = (shown.astype(np.float64) - mean) / deviation
            model.double()(torch.from_numpy(x.transpose(0, 3, 1, 2)))
        results[name] = {"gain": gain, "taps": {
            layer: round(10 * math.log10(
                exact[layer].square().mean().item() / (taps[layer] - exact[layer]).square().mean().item()), 2)
            for layer in layers
        }}
        print(name, results[name], file=sys.stderr)
    (HERE / "signal-to-noise.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
