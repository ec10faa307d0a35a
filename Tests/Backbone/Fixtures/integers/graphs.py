"""The backbones as lists of nodes, each after those that it reads; names are torchvision's and timm's."""
from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Node:
    """A convolution with its norm, the addition of a shortcut, and what follows; or, by `kind`, a maximum or a gate."""

    name: str
    # The number of the node that it reads; the image is -1.
    source: int
    inputs: int
    outputs: int
    kind: str = "convolution"
    # Tensors `<name>.weight` and `<norm>.weight`, `.bias`, `.running_mean`, `.running_var`.
    norm: str = ""
    size: int = 1
    stride: int = 1
    depthwise: bool = False
    # relu, relu6, swish or None.
    activation: Optional[str] = None
    shortcut: Optional[int] = None
    gate: Optional[int] = None
    # The channels between the two convolutions of a gate.
    narrow: int = 0


# Blocks of each layer, and the channels within the first layer's bottlenecks, or None.
RESIDUAL = {
    "resnet18": ((2, 2, 2, 2), None), "resnet34": ((3, 4, 6, 3), None), "resnet50": ((3, 4, 6, 3), 64),
    "resnet101": ((3, 4, 23, 3), 64), "wide_resnet50_2": ((3, 4, 6, 3), 128), "wide_resnet101_2": ((3, 4, 23, 3), 128),
}
# Width and depth beside B0's, in tenths.
EFFICIENT = {
    "lite0": (10, 10), "lite1": (10, 11), "lite2": (11, 12), "lite3": (12, 14), "lite4": (14, 18),
    "b0": (10, 10), "b1": (10, 11), "b2": (11, 12), "b3": (12, 14), "b4": (14, 18), "b5": (16, 22), "b6": (18, 26), "b7": (20, 31),
}


def widened(channels, tenths):
    """The nearest multiple of 8, or the next one where that is below nine tenths."""
    wanted = channels * tenths / 10
    nearest = max(8, int(wanted + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * wanted else nearest


class Graph:
    """`nodes`, and `taps`: the number of each tap's node, the shallowest first."""

    def __init__(self, backbone):
        self.nodes, self.taps = [], {}
        self.same = "efficientnet" in backbone
        self.epsilon = 1e-3 if self.same else 1e-5
        if backbone in RESIDUAL:
            self._residual(*RESIDUAL[backbone])
        else:
            lite = "lite" in backbone
            width, depth = EFFICIENT[backbone.replace("efficientnet_", "").replace("tf_", "")]
            counts = [
                count if lite and stage in (0, 6) else -(-count * depth // 10)
                for stage, count in enumerate((1, 2, 2, 3, 3, 4, 1))]
            self._efficient(
                32 if lite else widened(32, width), [widened(c, width) for c in (16, 24, 40, 80, 112, 192, 320)], counts,
                "relu6" if lite else "swish", gated=not lite)

    def needed(self, layers):
        """The numbers of the nodes that the taps depend on, ascending."""
        wanted = {self.taps[layer] for layer in layers}
        for number in reversed(range(len(self.nodes))):
            if number in wanted:
                node = self.nodes[number]
                wanted |= {other for other in (node.source, node.shortcut, node.gate) if other is not None and other >= 0}
        return sorted(wanted)

    def padding(self, length, size, stride):
        """Pixels before and behind an axis, and its outputs."""
        if not self.same:
            before = (size - 1) // 2
            outputs = (length + 2 * before - size) // stride + 1
            return before, max(0, (outputs - 1) * stride + size - length - before), outputs
        outputs = -(-length // stride)
        total = max(0, (outputs - 1) * stride + size - length)
        return total // 2, total - total // 2, outputs

    def _add(self, name, source, outputs, **fields):
        inputs = 3 if source < 0 else self.nodes[source].outputs
        self.nodes.append(Node(name, source, inputs, outputs, **fields))
        return len(self.nodes) - 1

    def _residual(self, blocks, inner):
        x = self._add("conv1", -1, 64, norm="bn1", size=7, stride=2, activation="relu")
        x = self._add("maxpool", x, 64, kind="maximum", size=3, stride=2)
        for stage, count in enumerate(blocks):
            for block in range(count):
                prefix, stride = f"layer{stage + 1}.{block}.", 2 if stage > 0 and block == 0 else 1
                width = 64 << stage
                if inner:
                    parts = [(inner << stage, 1, 1), (inner << stage, 3, stride), (4 * width, 1, 1)]
                else:
                    parts = [(width, 3, stride), (width, 3, 1)]
                shortcut, outputs = x, parts[-1][0]
                if block == 0 and (stage > 0 or inner):
                    shortcut = self._add(prefix + "downsample.0", x, outputs, norm=prefix + "downsample.1", stride=stride)
                for number, (channels, size, step) in enumerate(parts, 1):
                    x = self._add(
                        f"{prefix}conv{number}", x, channels, norm=f"{prefix}bn{number}", size=size, stride=step,
                        activation="relu", shortcut=shortcut if number == len(parts) else None)
            self.taps[f"layer{stage + 1}"] = x

    def _efficient(self, stem, channels, blocks, activation, gated):
        sizes, strides = (3, 3, 5, 3, 5, 5, 3), (1, 2, 2, 2, 1, 2, 1)
        x = self._add("conv_stem", -1, stem, norm="bn1", size=3, stride=2, activation=activation)
        number = 0
        for stage, count in enumerate(blocks):
            for block in range(count):
                prefix, stride = f"blocks.{stage}.{block}.", strides[stage] if block == 0 else 1
                entering, norms = x, iter(("bn1", "bn2", "bn3"))
                width = self.nodes[x].outputs
                if stage > 0:
                    x = self._add(prefix + "conv_pw", x, 6 * width, norm=prefix + next(norms), activation=activation)
                x = self._add(
                    prefix + "conv_dw", x, self.nodes[x].outputs, norm=prefix + next(norms), size=sizes[stage],
                    stride=stride, depthwise=True, activation=activation)
                gate = None
                if gated:
                    gate = self._add(prefix + "se", x, self.nodes[x].outputs, kind="gate", narrow=max(1, width // 4))
                x = self._add(
                    prefix + ("conv_pwl" if stage > 0 else "conv_pw"), x, channels[stage], norm=prefix + next(norms),
                    gate=gate, shortcut=entering if stride == 1 and width == channels[stage] else None)
                if not gated:
                    self.taps[f"blocks.{number}"] = x
                number += 1
            if gated:
                self.taps[f"blocks.{stage}"] = x
