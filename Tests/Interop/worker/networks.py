"""The backbones of docs/NUMERICS.md, written over the operations of an engine: PyTorch's, or those that build an ONNX graph.

A value is (handle, channels, height, width).
"""
import re

import numpy

IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def scaling(backbone):
    """Mean and deviation of red, green and blue, in bytes, Float32."""
    if "lite" in backbone:
        return numpy.full(3, 127, numpy.float32), numpy.full(3, 128, numpy.float32)
    return tuple(numpy.array(numbers, numpy.float32) * numpy.float32(255) for numbers in IMAGENET)


class Network:
    """Evaluates one backbone up to the taps that are asked for."""

    def __init__(self, backbone, tensors, operations):
        self.backbone, self.run = backbone, operations
        self.tensors = timm_names(tensors, backbone)
        self.folded = {}
        self.epsilon = 1e-5 if "resnet" in backbone else 1e-3
        self.activation = "relu6" if "lite" in backbone else "swish" if "efficientnet" in backbone else "relu"

    def taps(self, image, layers):
        if re.fullmatch(r"resnet(18|34|50|101)|wide_resnet(50|101)_2", self.backbone):
            found = self._residual(image, layers)
        elif re.fullmatch(r"efficientnet_lite[0-4]|tf_efficientnet_b[0-7]", self.backbone):
            found = self._efficient(image, layers)
        else:
            raise ValueError(f"no backbone {self.backbone}")
        missing = [layer for layer in layers if layer not in found]
        if missing:
            raise ValueError(f"{self.backbone} has no layer {missing[0]}")
        return [found[layer] for layer in layers]

    def _numbers(self, name):
        return numpy.asarray(self.tensors[name], numpy.float64)

    def _convolve(self, x, weight, norm, stride=1, depthwise=False, activation=None):
        """A convolution with its batch norm folded in, in double."""
        if weight not in self.folded:
            w = self._numbers(weight + ".weight")
            scale = self._numbers(norm + ".weight") / numpy.sqrt(self._numbers(norm + ".running_var") + self.epsilon)
            bias = self._numbers(norm + ".bias") - self._numbers(norm + ".running_mean") * scale
            self.folded[weight] = self.run.constant(w * scale[:, None, None, None]), self.run.constant(bias), w.shape
        return self._apply(x, weight, stride, depthwise, activation)

    def _plain(self, x, name, activation):
        if name not in self.folded:
            w, bias = self._numbers(name + ".weight"), self._numbers(name + ".bias")
            self.folded[name] = self.run.constant(w), self.run.constant(bias), w.shape
        return self._apply(x, name, 1, False, activation)

    def _apply(self, x, name, stride, depthwise, activation):
        _, channels, height, width = x
        w, bias, shape = self.folded[name]
        side = shape[2]
        if "resnet" in self.backbone:
            before = [(side - 1) // 2] * 2
            after = before
        else:  # TensorFlow's SAME: as few pixels as give ceil(input / stride) outputs, the odd one behind
            totals = [max((-(-length // stride) - 1) * stride + side - length, 0) for length in (height, width)]
            before = [total // 2 for total in totals]
            after = [total - total // 2 for total in totals]
        rows, columns = [
            (length + before[axis] + after[axis] - side) // stride + 1
            for axis, length in enumerate((height, width))
        ]
        handle = self.run.convolve(x[0], w, bias, side, stride, (*before, *after), channels if depthwise else 1)
        return (self._activate(handle, activation), shape[0], rows, columns)

    def _activate(self, handle, activation):
        if activation == "relu":
            return self.run.relu(handle)
        if activation == "relu6":
            return self.run.clip(handle, 0, 6)
        if activation == "swish":
            return self.run.multiply(handle, self.run.sigmoid(handle))
        return handle

    # ResNets

    def _residual(self, image, layers):
        x = self._convolve(image, "conv1", "bn1", 2, activation="relu")
        x = (self.run.pool(x[0]), x[1], (x[2] - 1) // 2 + 1, (x[3] - 1) // 2 + 1)
        found = {}
        for stage in (1, 2, 3, 4):
            for block in range(self._blocks(f"layer{stage}")):
                x = self._residual_block(x, f"layer{stage}.{block}.", 2 if stage > 1 and block == 0 else 1)
            found[f"layer{stage}"] = x
            if set(layers) <= set(found):
                break
        return found

    def _residual_block(self, x, prefix, stride):
        count = 3 if f"{prefix}conv3.weight" in self.tensors else 2
        strides = (1, stride, 1) if count == 3 else (stride, 1)
        y = x
        for number in range(count):
            last = number == count - 1
            y = self._convolve(
                y, f"{prefix}conv{number + 1}", f"{prefix}bn{number + 1}", strides[number],
                activation=None if last else "relu")
        shortcut = x
        if f"{prefix}downsample.0.weight" in self.tensors:
            shortcut = self._convolve(x, prefix + "downsample.0", prefix + "downsample.1", stride)
        return (self.run.relu(self.run.add(y[0], shortcut[0])), *y[1:])

    def _blocks(self, stage):
        places = [re.match(rf"{re.escape(stage)}\.(\d+)\.", name) for name in self.tensors]
        return max((int(place[1]) + 1 for place in places if place), default=0)

    # EfficientNets

    def _efficient(self, image, layers):
        x = self._convolve(image, "conv_stem", "bn1", 2, activation=self.activation)
        found, number = {}, 0
        for stage in range(7):
            for block in range(self._blocks(f"blocks.{stage}")):
                x = self._inverted(x, f"blocks.{stage}.{block}.", 2 if block == 0 and stage in (1, 2, 3, 5) else 1)
                if "lite" in self.backbone:
                    found[f"blocks.{number}"] = x
                number += 1
            if "lite" not in self.backbone:
                found[f"blocks.{stage}"] = x
            if set(layers) <= set(found):
                break
        return found

    def _inverted(self, x, prefix, stride):
        y = x
        expands = f"{prefix}conv_pwl.weight" in self.tensors
        if expands:
            y = self._convolve(y, prefix + "conv_pw", prefix + "bn1", activation=self.activation)
        y = self._convolve(
            y, prefix + "conv_dw", prefix + ("bn2" if expands else "bn1"), stride, True, self.activation)
        if f"{prefix}se.conv_reduce.weight" in self.tensors:
            gate = (self.run.mean(y[0]), y[1], 1, 1)
            gate = self._plain(gate, prefix + "se.conv_reduce", "swish")
            gate = self._plain(gate, prefix + "se.conv_expand", None)
            y = (self.run.multiply(y[0], self.run.sigmoid(gate[0])), *y[1:])
        names = ("conv_pwl", "bn3") if expands else ("conv_pw", "bn2")
        y = self._convolve(y, prefix + names[0], prefix + names[1])
        return (self.run.add(y[0], x[0]), *y[1:]) if stride == 1 and x[1] == y[1] else y


# Depth of the EfficientNet-Lites beside Lite0's, in tenths.
LITE_DEPTHS = (10, 11, 12, 14, 18)


def timm_names(tensors, backbone):
    """The tensors of an EfficientNet-Lite by timm's names, where they have those of efficientnet_lite_pytorch."""
    if "_conv_stem.weight" not in tensors:
        return tensors
    found = {}
    depth = LITE_DEPTHS[int(backbone[-1])]
    counts = [count if stage in (0, 6) else -(-count * depth // 10) for stage, count in enumerate((1, 2, 2, 3, 3, 4, 1))]
    numbers = [(stage, block) for stage, count in enumerate(counts) for block in range(count)]
    for name, value in tensors.items():
        match = re.match(r"_blocks\.(\d+)\.(_\w+)\.(\w+)$", name)
        if match:
            stage, block = numbers[int(match[1])]
            first = int(match[1]) == 0
            part = {
                "_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw",
                "_bn1": "bn1" if first else "bn2", "_project_conv": "conv_pw" if first else "conv_pwl",
                "_bn2": "bn2" if first else "bn3",
            }[match[2]]
            found[f"blocks.{stage}.{block}.{part}.{match[3]}"] = value
        elif name.startswith("_conv_stem.") or name.startswith("_bn0."):
            found[name.replace("_conv_stem", "conv_stem").replace("_bn0", "bn1")] = value
    return found
