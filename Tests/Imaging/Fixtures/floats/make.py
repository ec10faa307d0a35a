"""Makes *.npy here: what torchvision's resize makes of a float tensor. Needs torch, torchvision, NumPy and Pillow.

Each file holds every eleventh number of the result, which is RGB, row by row, in units of 0...255.
"""

import pathlib

import numpy as np
import torch
from PIL import Image
from torchvision.transforms.v2 import functional

HERE = pathlib.Path(__file__).parent
CASES = [("brick-300x300-gray8.png", 64, 64), ("coffee-600x400.expect-decode.png", 56, 75),
         ("coffee-160x120-palette.png", 130, 170), ("coffee-600x400.expect-decode.png", 31, 47)]

for name, height, width in CASES:
    pixels = np.asarray(Image.open(HERE.parent / name).convert("RGB"))
    tensor = torch.from_numpy(pixels.copy()).permute(2, 0, 1).to(torch.float32) / 255
    resized = functional.resize(tensor, [height, width], antialias=True) * 255
    sampled = resized.permute(1, 2, 0).flatten().numpy()[::11]
    np.save(HERE / f"{name.split('.')[0]}-{height}x{width}.npy", sampled.astype("<f4"))
