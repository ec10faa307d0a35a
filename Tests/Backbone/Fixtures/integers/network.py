"""The integer network of docs/NUMERICS.md: what a quantised file's tensors make of an image."""
import numpy as np

from arithmetic import F, Map, clip8, dense, depthwise, rne, windows
from graphs import Graph


class Network:
    """`tensors` by the names of the file. A subclass may make them as they are asked for."""

    def __init__(self, backbone, tensors):
        self.graph, self.tensors = Graph(backbone), tensors

    def image(self, pixels):
        """uint8 [images, rows, columns, 3] as a map."""
        return Map(pixels, F(1), rne(self.tensors["image.mean"]).astype(np.int32))

    def taps(self, pixels, layers):
        """Float32 [images, rows, columns, channels] by layer."""
        maps, values = {-1: self.image(pixels)}, {}
        needed = self.graph.needed(layers)
        wanted = {self.graph.taps[layer] for layer in layers}
        for number in needed:
            maps[number], value = self.node(number, maps)
            if number in wanted:
                values[number] = value
            # What nothing reads any more.
            for other in [o for o in maps if not any(o in self._reads(n) for n in needed if n > number)]:
                if other != number:
                    del maps[other]
        return {layer: values[self.graph.taps[layer]] for layer in layers}

    def _reads(self, number):
        node = self.graph.nodes[number]
        return {node.source, node.shortcut, node.gate}

    def node(self, number, maps):
        """A node's map (a gate's: its factors), and its values t."""
        node = self.graph.nodes[number]
        x = maps[node.source]
        if node.kind == "maximum":
            return Map(np.max(windows(x.q, node.size, node.stride, self.graph), axis=0), x.scale, x.zero), None
        if node.kind == "gate":
            return self.gate(node, x), None
        if node.gate is not None:
            # The factors are those of the source's own pixels.
            g = maps[node.gate].astype(np.int32)[:, None, None]
            q = x.q.astype(np.int32)
            x = Map(clip8((q * g + int(x.zero) * (256 - g) + 128) // 256), x.scale, x.zero)
        return self.convolution(node.name, x, node, None if node.shortcut is None else maps[node.shortcut])

    def gate(self, node, x):
        """Factors, uint8 [images, channels]."""
        n = x.q.shape[1] * x.q.shape[2]
        total = x.q.astype(np.int64).sum((1, 2), keepdims=True)
        mean = Map(((2 * total + n) // (2 * n)).astype(np.uint8), x.scale, x.zero)
        narrow, _ = self.convolution(node.name + ".conv_reduce", mean, follows="swish")
        factors, _ = self.convolution(node.name + ".conv_expand", narrow, follows="sigmoid")
        return factors[:, 0, 0]

    def convolution(self, name, x, node=None, shortcut=None, follows=None):
        """The map of a convolution with all that follows it (before a sigmoid: the factors' numbers), and its values t."""
        follows = node.activation if node else follows
        self.prepare(name, x, node)
        weights, bias = self.tensors[name + ".weight"], self.tensors[name + ".bias"]
        product = depthwise if node and node.depthwise else dense
        a = product(x.centred(), weights, node.stride if node else 1, self.graph) + bias.astype(np.float64)
        if np.abs(a).max() >= 1 << 31:
            raise ValueError(f"{name}: a sum leaves 32 bits")
        a = a.astype(F)
        steps = np.float64(x.scale) * self.tensors[name + ".weight_scale"].astype(np.float64)
        t = a * steps.astype(F)
        if shortcut is not None:
            t = t + shortcut.centred() * F(shortcut.scale)
        if follows in ("relu", "relu6"):
            t = np.maximum(t, F(0))
        if follows == "relu6":
            t = np.minimum(t, F(6))
        self.observe(name, follows, t, steps.astype(F), shortcut)

        tabled = follows in ("swish", "sigmoid")
        scale, zero = [self.tensors[name + (".table_" if tabled else ".") + part][0] for part in ("scale", "zero")]
        v = a * (steps / np.float64(scale)).astype(F)
        if shortcut is not None:
            v = v + shortcut.centred() * F(np.float64(shortcut.scale) / np.float64(scale))
        high = min(255, int(rne(6 / np.float64(scale)))) if follows == "relu6" else 255
        q = clip8(rne(v) + F(zero), high)
        if not tabled:
            return Map(q, scale, int(zero)), t
        q = self.tensors[name + ".table"][q]
        if follows == "sigmoid":
            return q, t
        return Map(q, self.tensors[name + ".scale"][0], int(self.tensors[name + ".zero"][0])), t

    def prepare(self, name, x, node):
        """Called before a convolution's tensors are read."""

    def observe(self, name, follows, t, steps, shortcut):
        """Called before a convolution's scale is read. `steps` are M."""
