"""The backbones as ONNX graphs with random weights, timed in ONNX Runtime or OpenVINO.

Usage: trunks.py BACKBONE onnxruntime|openvino [--threads N] [--batch N]
                 [--precision int8 --photographs DIR --cache DIR]

Says `ready RUNTIME VERSION`, then, for every line that it reads, runs one batch and prints the seconds an image took.
"""

import argparse
import sys
import time

import numpy as np
import onnx
from onnx import TensorProto, helper


class Network:
    """Nodes and weights of a graph under construction."""

    def __init__(self):
        self.nodes, self.weights, self.random = [], [], np.random.default_rng(0)

    def apply(self, kind, inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def weight(self, shape, fan_in):
        name = f"w{len(self.weights)}"
        values = self.random.standard_normal(shape).astype(np.float32) * np.float32((2 / fan_in) ** 0.5)
        self.weights.append(onnx.numpy_helper.from_array(values, name))
        return name

    def convolve(self, x, inputs, outputs, size=1, stride=1, groups=1, same=False):
        """A convolution with bias, as it is after its batch norm was folded in."""
        if same and stride == 2:
            # TensorFlow's padding, for an even input.
            pads = [(size - 2) // 2] * 2 + [(size - 1) // 2] * 2
        else:
            pads = [(size - 1) // 2] * 4
        fan_in = inputs // groups * size * size
        kernel = self.weight((outputs, inputs // groups, size, size), fan_in)
        bias = self.weight((outputs,), fan_in)
        return self.apply(
            "Conv", [x, kernel, bias], kernel_shape=[size, size], strides=[stride, stride], group=groups, pads=pads)

    def relu(self, x):
        return self.apply("Relu", [x])

    def relu6(self, x):
        for name, value in (("zero", 0), ("six", 6)):
            if all(w.name != name for w in self.weights):
                self.weights.append(onnx.numpy_helper.from_array(np.array(value, np.float32), name))
        return self.apply("Clip", [x, "zero", "six"])

    def swish(self, x):
        return self.apply("Mul", [x, self.apply("Sigmoid", [x])])


def residual(net, x, bottleneck):
    """ResNet-18, or Wide ResNet-50-2, up to layer3."""
    x = net.relu(net.convolve(x, 3, 64, 7, 2))
    x = net.apply("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    taps, channels = [], 64
    for stage, blocks in enumerate((3, 4, 6) if bottleneck else (2, 2, 2)):
        width = (128 if bottleneck else 64) << stage
        outputs = 2 * width if bottleneck else width
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 else 1
            changes = stride != 1 or channels != outputs
            shortcut = net.convolve(x, channels, outputs, 1, stride) if changes else x
            if bottleneck:
                y = net.relu(net.convolve(x, channels, width))
                y = net.relu(net.convolve(y, width, width, 3, stride))
                y = net.convolve(y, width, outputs)
            else:
                y = net.relu(net.convolve(x, channels, width, 3, stride))
                y = net.convolve(y, width, width, 3)
            x, channels = net.relu(net.apply("Add", [y, shortcut])), outputs
        taps.append(x)
    return taps


# Kernel size, stride, expansion, output channels, blocks, whether it is a tap.
LITE0 = [(3, 1, 1, 16, 1, 0), (3, 2, 6, 24, 2, 1), (5, 2, 6, 40, 2, 1), (3, 2, 6, 80, 3, 0), (5, 1, 6, 112, 3, 1)]
B5 = [(3, 1, 1, 24, 3, 0), (3, 2, 6, 40, 5, 1), (5, 2, 6, 64, 5, 0), (3, 2, 6, 128, 7, 1), (5, 1, 6, 176, 7, 1)]


def efficient(net, x, stem, stages, activation, squeezes):
    """An EfficientNet up to its last tap."""
    x = activation(net.convolve(x, 3, stem, 3, 2, same=True))
    taps, channels = [], stem
    for size, stride, expansion, outputs, blocks, tapped in stages:
        for block in range(blocks):
            step, middle = (stride if block == 0 else 1), channels * expansion
            y = activation(net.convolve(x, channels, middle)) if expansion > 1 else x
            y = activation(net.convolve(y, middle, middle, size, step, groups=middle, same=True))
            if squeezes:
                narrow = max(1, channels // 4)
                gate = net.swish(net.convolve(net.apply("GlobalAveragePool", [y]), middle, narrow))
                y = net.apply("Mul", [y, net.apply("Sigmoid", [net.convolve(gate, narrow, middle)])])
            y = net.convolve(y, middle, outputs)
            x = net.apply("Add", [y, x]) if step == 1 and channels == outputs else y
            channels = outputs
        if tapped:
            taps.append(x)
    return taps


BACKBONES = {
    "resnet18": lambda net: residual(net, "x", False),
    "wide_resnet50_2": lambda net: residual(net, "x", True),
    "efficientnet_lite0": lambda net: efficient(net, "x", 32, LITE0, net.relu6, False),
    "tf_efficientnet_b5": lambda net: efficient(net, "x", 48, B5, net.swish, True),
}


def model(backbone, batch):
    """The serialised model: `[batch, 3, 224, 224]` in, three taps out."""
    net = Network()
    taps = [helper.make_tensor_value_info(tap, TensorProto.FLOAT, None) for tap in BACKBONES[backbone](net)]
    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 224, 224])
    graph = helper.make_graph(net.nodes, backbone, [image], taps, net.weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return onnx.shape_inference.infer_shapes(made).SerializeToString()


def openvino_request(backbone, batch, threads, quantised=None):
    import openvino

    core = openvino.Core()
    options = {
        "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }
    read = core.read_model(quantised or model(backbone, batch))
    return core.compile_model(read, "CPU", options).create_infer_request()


def version(runtime):
    if runtime == "onnxruntime":
        import onnxruntime

        return onnxruntime.__version__
    import openvino

    return openvino.__version__.split("-")[0]


def runner(backbone, runtime, batch, threads, quantised=None):
    """A function that runs one batch."""
    x = np.random.default_rng(1).random((batch, 3, 224, 224), np.float32)
    if runtime == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        graph = str(quantised) if quantised else model(backbone, batch)
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        return lambda: session.run(None, {"x": x})
    request = openvino_request(backbone, batch, threads, quantised)
    return lambda: request.infer({0: x})


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("backbone", choices=BACKBONES)
    arguments.add_argument("runtime", choices=["onnxruntime", "openvino"])
    arguments.add_argument("--threads", type=int, default=1)
    arguments.add_argument("--batch", type=int, default=8)
    arguments.add_argument("--precision", choices=["float32", "int8"], default="float32")
    arguments.add_argument("--photographs", help="a folder of pictures to calibrate with")
    arguments.add_argument("--cache", help="a folder for quantised graphs, which are kept")
    options = arguments.parse_args()
    name, quantised = version(options.runtime), None
    if options.precision == "int8":
        if not options.photographs or not options.cache:
            arguments.error("--precision int8 needs --photographs and --cache")
        from eight_bits import quantised as made

        quantised = made(
            options.backbone, lambda: model(options.backbone, options.batch), options.runtime, name, options.batch,
            options.photographs, options.cache)
    run = runner(options.backbone, options.runtime, options.batch, options.threads, quantised)
    run()
    print("ready", options.runtime, name, flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        run()
        print((time.perf_counter() - start) / options.batch, flush=True)


if __name__ == "__main__":
    main()
