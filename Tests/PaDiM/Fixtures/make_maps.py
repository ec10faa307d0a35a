"""Anomaly maps as PyTorch and SciPy make them. Needs numpy, scipy, torch, safetensors: python make_maps.py"""
import os

import numpy as np
import torch
from safetensors.numpy import save_file
from scipy.ndimage import gaussian_filter

HERE = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(20)


def interpolated(values, size):
    return torch.nn.functional.interpolate(
        torch.from_numpy(values)[None, None], size=size, mode="bilinear", align_corners=False)[0, 0].numpy()


tensors = {}
# Grid, network input, image. The last one is smaller than the blur's radius.
for name, grid, size, image in [
    ("square", (14, 14), (56, 56), (91, 37)),
    ("oblong", (7, 9), (28, 50), (28, 50)),
    ("tiny", (3, 2), (6, 5), (4, 11)),
    ("full", (56, 56), (224, 224), (300, 300)),
]:
    distances = random.gamma(4, 3, grid)
    tensors[name + ".distances"] = distances.astype(np.float32)
    enlarged = interpolated(distances.astype(np.float32).astype(np.float64), size)
    for mode in ["reflect", "mirror"]:
        smooth = gaussian_filter(enlarged, sigma=4, radius=16, mode=mode)
        tensors[f"{name}.{mode}"] = smooth[::3, ::2].astype(np.float32) if name == "full" else smooth.astype(np.float32)
        if mode == "reflect":
            original = interpolated(smooth, image)
            tensors[name + ".original"] = (original[::5, ::3] if name == "full" else original).astype(np.float32)
save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, os.path.join(HERE, "maps.safetensors"))
