"""Writes the vectors beside it: every number from image to score, computed in NumPy, by docs/NUMERICS.md and by nothing of this repository's code.

    python3 make_vectors.py        (needs numpy and pillow)

README.md says what each file and tensor is.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
sys.dont_write_bytecode = True
sys.path.append(str(HERE.parents[2] / "Weights"))
from synthetic_weights import synthetic, uniform  # noqa: E402

SIDE, KEPT, GAIN, EPSILON, EXPONENT, LIMIT = 32, 5, 2.0, 0.01, 9, 2**19 - 1
LAYERS = {"layer1": 64, "layer2": 128, "layer3": 256}
FITTED = 4  # images in the sums; the last one is scored


# Images.

def images():
    y, x = np.mgrid[0:36, 0:44]
    result = []
    for number in range(FITTED + 1):
        noise = (256 * uniform(f"image {number}", 36 * 44 * 3)).reshape(36, 44, 3)
        shade = 120 + 60 * np.sin((x + 3 * number) / 7)[..., None] + 40 * np.cos(y / 5)[..., None] * np.array([1, 0.5, -1])
        pixels = 0.75 * shade + 0.25 * noise
        if number == FITTED:
            pixels[20:27, 28:36] = [250, 30, 60]  # the defect
        result.append(np.clip(pixels, 0, 255).astype(np.uint8))
    return result


def resized(pixels, size):
    """The page's resize, along the axis that is first: whole numbers."""
    inputs = pixels.shape[0]
    scale = inputs / size
    support = max(scale, 1.0)
    result = np.zeros((size,) + pixels.shape[1:], np.uint8)
    for i in range(size):
        centre = (i + 0.5) * scale
        first, end = max(int(centre - support + 0.5), 0), min(int(centre + support + 0.5), inputs)
        weights = [max(0.0, 1 - abs((k - centre + 0.5) * (1 / support))) for k in range(first, end)]
        total = 0.0
        for weight in weights:
            total += weight
        whole = [int(0.5 + weight / total * 2**22) for weight in weights]
        total = 2**21 + sum(w * pixels[k].astype(np.int64) for w, k in zip(whole, range(first, end)))
        result[i] = np.minimum(total >> 22, 255)
    return result


def network_pixels(image):
    # The horizontal pass comes first: the height does not shrink by more than twice as many pixels as the width.
    assert not (image.shape[0] - SIDE > 2 * (image.shape[1] - SIDE))
    wide = resized(image.swapaxes(0, 1), SIDE).swapaxes(0, 1)
    pixels = resized(wide, SIDE)
    pillow = np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.BILINEAR))
    assert (pixels == pillow).all(), "Pillow has other pixels"
    return pixels


def network_input(pixels):
    """Float32, product and sum rounded apart. [channel][row][column]"""
    mean = np.array([0.485, 0.456, 0.406], np.float32) * np.float32(255)
    deviation = np.array([0.229, 0.224, 0.225], np.float32) * np.float32(255)
    a = (1 / deviation.astype(np.float64)).astype(np.float32)
    b = (-mean.astype(np.float64) / deviation.astype(np.float64)).astype(np.float32)
    return (pixels.astype(np.float32) * a + b).transpose(2, 0, 1)


# The network, in doubles.

def convolution(x, name, outputs, size, stride):
    weight = synthetic(name + ".weight", (outputs, x.shape[0], size, size), GAIN).astype(np.float64)
    padding = (size - 1) // 2
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("chwij,ocij->ohw", windows, weight, optimize=True)


def norm(x, name):
    weight, bias, mean, variance = (
        synthetic(f"{name}.{kind}", (x.shape[0],), GAIN).astype(np.float64)[:, None, None]
        for kind in ("weight", "bias", "running_mean", "running_var"))
    return (x - mean) / np.sqrt(variance + 1e-5) * weight + bias


def relu(x):
    return np.maximum(x, 0)


def taps(x):
    x = relu(norm(convolution(x, "conv1", 64, 7, 2), "bn1"))
    x = np.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
    x = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2].max(axis=(3, 4))
    result = []
    for layer, channels in LAYERS.items():
        for block in range(2):
            stride = 2 if block == 0 and layer != "layer1" else 1
            prefix = f"{layer}.{block}."
            y = relu(norm(convolution(x, prefix + "conv1", channels, 3, stride), prefix + "bn1"))
            y = norm(convolution(y, prefix + "conv2", channels, 3, 1), prefix + "bn2")
            if stride != 1:
                x = norm(convolution(x, prefix + "downsample.0", channels, 1, stride), prefix + "downsample.1")
            x = relu(x + y)
        result.append(x)
    return result


# The method.

def kept_channels(total, count):
    """The first places of a shuffle, with seed 0."""
    state, places, mask = 0, list(range(total)), 2**64 - 1
    for i in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
        j = i + (((z ^ z >> 31) * (total - i)) >> 64)
        places[i], places[j] = places[j], places[i]
    return sorted(places[:count])


def embeddings(maps, channels):
    """[patch][kept channel]"""
    height, width = maps[0].shape[1:]
    result = np.zeros((height * width, len(channels)))
    for row in range(height):
        for column in range(width):
            whole = np.concatenate([m[:, row * m.shape[1] // height, column * m.shape[2] // width] for m in maps])
            result[row * width + column] = whole[channels]
    return result


def record(numbers):
    """Of one patch: [image][channel] to d sums and the lower triangle of the sums of products."""
    d = numbers.shape[1]
    products = numbers.T @ numbers
    return np.concatenate([numbers.sum(0)] + [products[i, : i + 1] for i in range(d)])


def gaussian(sums, n, d):
    s, triangle = [int(v) for v in sums[:d]], [int(v) for v in sums[d:]]
    step = 2.0**-EXPONENT
    covariance = np.zeros((d, d))
    for i in range(d):
        for j in range(i + 1):
            whole = n * triangle[i * (i + 1) // 2 + j] - s[i] * s[j]
            covariance[i, j] = covariance[j, i] = float(whole) / (n * (n - 1)) * (step * step)
    covariance += EPSILON * np.eye(d)
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    return np.array(s, np.float64) / n * step, np.concatenate([whitening[i, : i + 1] for i in range(d)])


def axis(grid, size, mirror):
    """An axis's blur times its enlargement. [output][input]"""
    enlarge = np.zeros((size, grid))
    for o in range(size):
        p = max((o + 0.5) * grid / size - 0.5, 0)
        low = min(int(p), grid - 1)
        enlarge[o, low] += 1 - (p - low)
        enlarge[o, min(low + 1, grid - 1)] += p - low
    weights = np.exp(-np.arange(-16, 17) ** 2 / 32.0)
    weights /= weights.sum()
    blur = np.zeros((size, size))
    period = 2 * size - 2 if mirror else 2 * size
    for o in range(size):
        for k in range(-16, 17):
            i = (o + k) % period
            if i >= size:
                i = period - i if mirror else period - 1 - i
            blur[o, i] += weights[k + 16]
    return blur @ enlarge


def write_safetensors(path, tensors):
    names = {np.dtype(np.float64): "F64", np.dtype(np.float32): "F32", np.dtype(np.int64): "I64", np.dtype(np.int32): "I32", np.dtype(np.uint8): "U8"}
    header, data = {}, b""
    for name, value in tensors.items():
        raw = np.ascontiguousarray(value).tobytes()
        header[name] = {"dtype": names[value.dtype], "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    channels = kept_channels(sum(LAYERS.values()), KEPT)
    pixels, inputs, features, largest = [], [], [], []
    for number, image in enumerate(images()):
        Image.fromarray(image).save(HERE / f"image-{number}.png")
        pixels.append(network_pixels(image))
        inputs.append(network_input(pixels[-1]))
        maps = taps(inputs[-1].astype(np.float64))
        largest.append([np.abs(m).max() for m in maps])
        features.append(embeddings(maps, channels))
    features = np.stack(features)
    product = features.astype(np.float32) * np.float32(2.0**EXPONENT)
    numbers = np.clip(np.rint(product), -LIMIT, LIMIT).astype(np.int64)
    assert (np.abs(product) <= LIMIT).all(), "something is clamped"
    patches = features.shape[1]
    moments = np.stack([record(numbers[:FITTED, p]) for p in range(patches)])
    means, whitenings = zip(*[gaussian(moments[p], FITTED, KEPT) for p in range(patches)])
    distances = np.zeros(patches)
    for p in range(patches):
        y = numbers[FITTED, p] * 2.0**-EXPONENT - means[p]
        w = np.zeros((KEPT, KEPT))
        w[np.tril_indices(KEPT)] = whitenings[p]
        distances[p] = np.sqrt(((w @ y) ** 2).sum())
    side = int(np.sqrt(patches))
    results, maps = {}, {}
    for border, mirror in (("repeatingEdge", False), ("mirror", True)):
        matrix = axis(side, SIDE, mirror)
        found = matrix @ distances.reshape(side, side) @ matrix.T
        maps["map." + border] = found
        place = int(found.argmax())
        top = np.sort(found.ravel())[::-1][: int(np.floor(found.size / 100 + 0.5))]
        results[border] = {"score": float(found.max()), "maxRow": place // SIDE, "maxColumn": place % SIDE, "topOnePercent": float(top.mean())}
    write_safetensors(HERE / "vectors.safetensors", {
        "pixels": np.stack(pixels), "input": np.stack(inputs), "features": features, "largest": np.stack(largest),
        "numbers": numbers.astype(np.int32), "moments": moments, "mean": np.stack(means), "whitening": np.stack(whitenings),
        "distances": distances, **maps})
    space = {
        "backbone": "resnet18", "channels": channels, "exponents": [EXPONENT] * 3, "gridHeight": side, "gridWidth": side,
        "inputHeight": SIDE, "inputWidth": SIDE, "layerChannels": list(LAYERS.values()), "layers": list(LAYERS),
        "weights": "0" * 64}
    text = {"space": space, "gain": GAIN, "epsilon": EPSILON, "count": FITTED, "results": results}
    (HERE / "vectors.json").write_text(json.dumps(text, indent=1) + "\n")
    print(json.dumps(text), np.stack(largest).max(0), np.abs(numbers).max(), distances.min(), distances.max())


main()
