"""PaDiM in Python as a careful engineer writes it: OpenVINO features, streaming float64 sums, whitened scoring.

Usage: padim.py fit     --images DIR --model FILE [--backbone NAME] [--processes N]
       padim.py inspect --images DIR --model FILE [--backbone NAME] [--processes N] --maps DIR
       both: [--precision int8 --photographs DIR --cache DIR]: features of eight bits, by trunks.py's graphs

One process a core, a thread in each that reads ahead. Needs OPENBLAS_NUM_THREADS=1 in its environment, or every process
starts a thread a core for each small product. The weights are random: this is for timing.
"""

import argparse
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

KEPT, PATCHES, SIDE, BATCH = 100, 3136, 224, 8
MEAN = np.array([0.485, 0.456, 0.406], np.float32) * 255
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32) * 255


def load(path):
    image = Image.open(path).convert("RGB").resize((SIDE, SIDE), Image.BILINEAR)
    return ((np.asarray(image, np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)


class Embedder:
    """Embeddings `[image, channel, patch]` of groups of at most `BATCH` images."""

    def __init__(self, backbone, quantised):
        from trunks import openvino_request

        self.request, self.kept = openvino_request(backbone, BATCH, 1, quantised), None

    def embed(self, images):
        x = np.zeros((BATCH, 3, SIDE, SIDE), np.float32)
        x[: len(images)] = images
        result = self.request.infer({0: x})
        taps = [result[tap][: len(images)] for tap in range(3)]
        if self.kept is None:
            ends = np.cumsum([tap.shape[1] for tap in taps])
            kept = np.sort(np.random.RandomState(0).permutation(ends[-1])[:KEPT])
            starts = ends - [tap.shape[1] for tap in taps]
            self.kept = [kept[(kept >= a) & (kept < b)] - a for a, b in zip(starts, ends)]
        rows = []
        for tap, kept in zip(taps, self.kept):
            times = 56 // tap.shape[2]
            rows.append(tap[:, kept].repeat(times, 2).repeat(times, 3))
        return np.concatenate(rows, 1).reshape(len(images), KEPT, PATCHES)


def groups(files):
    return [files[first : first + BATCH] for first in range(0, len(files), BATCH)]


def embedded(backbone, quantised, files):
    """Groups of files and their embeddings; the next group is read meanwhile."""
    embedder = Embedder(backbone, quantised)
    with ThreadPoolExecutor(1) as reader:
        images = reader.map(lambda group: np.stack([load(file) for file in group]), groups(files))
        for group, pixels in zip(groups(files), images):
            yield group, embedder.embed(pixels)


def fit_part(backbone, quantised, files):
    count, sums, products = 0, np.zeros((PATCHES, KEPT)), np.zeros((PATCHES, KEPT, KEPT))
    product, held = np.empty_like(products), []

    def fold():
        nonlocal count
        rows = np.ascontiguousarray(np.concatenate(held).transpose(2, 0, 1), np.float64)
        held.clear()
        count += rows.shape[1]
        np.add(sums, rows.sum(1), out=sums)
        np.matmul(rows.transpose(0, 2, 1), rows, out=product)
        np.add(products, product, out=products)

    for _, embeddings in embedded(backbone, quantised, files):
        held.append(embeddings)
        if len(held) == 8:
            fold()
    if held:
        fold()
    path = tempfile.mktemp(suffix=".npz")
    np.savez(path, count=count, sums=sums, products=products)
    return path


def inspect_part(backbone, quantised, files, model, maps):
    from scipy.ndimage import gaussian_filter

    loaded = np.load(model)
    mean, whitening = loaded["mean"].astype(np.float32), loaded["whitening"].astype(np.float32)
    for group, embeddings in embedded(backbone, quantised, files):
        centred = embeddings.transpose(2, 1, 0) - mean[:, :, None]
        distances = np.sqrt(((whitening @ centred) ** 2).sum(1)).T.reshape(len(group), 56, 56)
        for file, grid in zip(group, distances):
            large = np.asarray(Image.fromarray(grid).resize((SIDE, SIDE), Image.BILINEAR))
            smooth = gaussian_filter(large, 4, truncate=4)
            pixels = np.clip(smooth * 256, 0, 65535).astype(np.uint16)
            Image.fromarray(pixels).save(Path(maps) / (Path(file).stem + ".png"), compress_level=1)
    return len(files)


def merge(paths, model):
    parts = [np.load(path) for path in paths]
    count = sum(part["count"] for part in parts)
    mean = sum(part["sums"] for part in parts) / count
    covariance = sum(part["products"] for part in parts) - count * mean[:, :, None] * mean[:, None, :]
    covariance = covariance / (count - 1) + 0.01 * np.eye(KEPT)
    np.savez(model, mean=mean, whitening=np.linalg.inv(np.linalg.cholesky(covariance)))
    for path in paths:
        os.remove(path)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("mode", choices=["fit", "inspect"])
    arguments.add_argument("--images", required=True)
    arguments.add_argument("--model", required=True)
    arguments.add_argument("--maps", default=tempfile.gettempdir())
    arguments.add_argument("--backbone", default="efficientnet_lite0")
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--precision", choices=["float32", "int8"], default="float32")
    arguments.add_argument("--photographs", help="a folder of pictures to calibrate with")
    arguments.add_argument("--cache", help="a folder for quantised graphs, which are kept")
    options = arguments.parse_args()
    quantised = None
    if options.precision == "int8":
        import trunks
        from eight_bits import quantised as made

        quantised = made(
            options.backbone, lambda: trunks.model(options.backbone, BATCH), "openvino", trunks.version("openvino"),
            BATCH, options.photographs, options.cache)
    kinds = {".png", ".jpg", ".jpeg"}
    files = sorted(str(path) for path in Path(options.images).rglob("*") if path.suffix.lower() in kinds)
    shares = [files[first :: options.processes] for first in range(options.processes)]
    with get_context("fork").Pool(options.processes) as pool:
        if options.mode == "fit":
            parts = [(options.backbone, quantised, share) for share in shares]
            merge(pool.starmap(fit_part, parts), options.model)
        else:
            Path(options.maps).mkdir(parents=True, exist_ok=True)
            pool.starmap(
                inspect_part,
                [(options.backbone, quantised, share, options.model, options.maps) for share in shares])


if __name__ == "__main__":
    main()
