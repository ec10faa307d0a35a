"""What runs a network: PyTorch on a GPU where there is one, else ONNX Runtime."""
import numpy

from networks import Network


def engine(backbone, tensors, layers, height, width, threads, kind="auto"):
    """A function of Float32 [images, 3, height, width] that gives the taps, each [images, channels, rows, columns].

    kind: torch, onnx, or auto.
    """
    if kind != "onnx":
        try:
            import torch
        except ImportError:
            torch = None
        if torch is not None and (kind == "torch" or torch.cuda.is_available()):
            return _Torch(torch, backbone, tensors, layers, height, width)
        if kind == "torch":
            raise ValueError("PyTorch is not installed")
    return _ONNX(backbone, tensors, layers, height, width, threads)


class _Torch:
    """PyTorch's operations, carried out at once. In full Float32: TF32 would be off by 1e-3."""

    def __init__(self, torch, backbone, tensors, layers, height, width):
        self.torch = torch
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        self.network = Network(backbone, tensors, self)
        self.layers, self.shape = layers, (3, height, width)
        self.name = f"PyTorch on {self.device}"

    def __call__(self, images):
        with self.torch.inference_mode():
            image = self.torch.from_numpy(images).to(self.device)
            taps = self.network.taps((image, *self.shape), self.layers)
            return [tap[0].cpu().numpy() for tap in taps]

    def constant(self, values): return self.torch.from_numpy(values.astype(numpy.float32)).to(self.device)

    def convolve(self, x, weight, bias, side, stride, pads, groups):
        top, left, bottom, right = pads
        padded = self.torch.nn.functional.pad(x, (left, right, top, bottom))
        return self.torch.nn.functional.conv2d(padded, weight, bias, stride=stride, groups=groups)

    def relu(self, x): return self.torch.relu(x)
    def clip(self, x, low, high): return self.torch.clamp(x, low, high)
    def sigmoid(self, x): return self.torch.sigmoid(x)
    def multiply(self, x, y): return x * y
    def add(self, x, y): return x + y
    def mean(self, x): return x.mean((2, 3), keepdim=True)
    def pool(self, x): return self.torch.nn.functional.max_pool2d(x, 3, 2, 1)


class _ONNX:
    """Operations that build an ONNX graph, once."""

    def __init__(self, backbone, tensors, layers, height, width, threads):
        import onnx
        import onnxruntime
        self.onnx, self.nodes, self.constants = onnx, [], []
        taps = Network(backbone, tensors, self).taps(("image", 3, height, width), layers)
        helper, float32 = onnx.helper, onnx.TensorProto.FLOAT
        outputs = [helper.make_tensor_value_info(tap[0], float32, ["images", *tap[1:]]) for tap in taps]
        image = helper.make_tensor_value_info("image", float32, ["images", 3, height, width])
        graph = helper.make_graph(self.nodes, backbone, [image], outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        self.outputs = [tap[0] for tap in taps]
        self.name = "ONNX Runtime"

    def __call__(self, images):
        return self.session.run(self.outputs, {"image": images})

    def _node(self, kind, inputs, **attributes):
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values):
        name = f"constant{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(numpy.asarray(values, numpy.float32), name))
        return name

    def convolve(self, x, weight, bias, side, stride, pads, groups):
        return self._node(
            "Conv", [x, weight, bias], kernel_shape=[side, side], strides=[stride, stride], pads=list(pads),
            group=groups)

    def relu(self, x): return self._node("Relu", [x])
    def clip(self, x, low, high): return self._node("Clip", [x, self.constant(low), self.constant(high)])
    def sigmoid(self, x): return self._node("Sigmoid", [x])
    def multiply(self, x, y): return self._node("Mul", [x, y])
    def add(self, x, y): return self._node("Add", [x, y])
    def mean(self, x): return self._node("GlobalAveragePool", [x])
    def pool(self, x): return self._node("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
