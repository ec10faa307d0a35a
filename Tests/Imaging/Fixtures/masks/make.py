"""Writes one mask, two rectangles, in every kind of file that people keep masks in. Needs Pillow 13 and NumPy.

Usage: make.py FOLDER
"""

import sys

import numpy as np
from PIL import Image

FOLDER = sys.argv[1] + "/"
defective = np.zeros((30, 40), bool)
defective[8:20, 5:17] = True
defective[3:11, 25:33] = True
white = defective.astype(np.uint8) * 255
label = defective.astype(np.uint8)
none = np.zeros_like(white)
full = np.full_like(white, 255)


def save(name, pixels, **options):
    Image.fromarray(pixels).save(FOLDER + name, **options)


def palette(name, indices, colors, **options):
    image = Image.fromarray(indices, mode="P")
    image.putpalette(colors)
    image.save(FOLDER + name, **options)


save("gray.png", white)
save("gray-1.png", label)
save("gray-236.png", label * 236)
Image.fromarray(white).convert("1").save(FOLDER + "one-bit.png")
save("rgb.png", np.dstack([white] * 3))
save("red.png", np.dstack([white, none, none]))
save("rgba.png", np.dstack([white, white, white, full]))
save("rgba-hidden.png", np.dstack([white, white, white, none]))
save("gray-alpha.png", np.dstack([white, full]))
# Only alpha tells: all is black, or white, or the colour where nothing shows is another.
save("alpha-black.png", np.dstack([none, none, none, white]))
save("alpha-white.png", np.dstack([full, full, full, white]))
save("alpha-gray.png", np.dstack([none, white]))
save("painted.png", np.dstack([full, full - white, full - white, white]))
# Red and black strokes on a transparent layer that is white: the black ones mark nothing.
strokes = np.dstack([white, none, none, white])
strokes[~defective] = (255, 255, 255, 0)
strokes[24:28, 2:30] = (0, 0, 0, 255)
save("layer.png", strokes)
palette("palette-8.png", label, [0, 0, 0, 128, 0, 0])
palette("palette-1.png", label, [0, 0, 0, 255, 255, 255], bits=1)
palette("palette-4.png", label * 9, [0, 0, 0] + [200, 0, 0] * 15, bits=4)
palette("palette-white.png", label, [255, 255, 255, 0, 0, 0])
save("gray-16.png", label.astype(np.uint16) * 3)
save("mask.bmp", white)
save("mask.tiff", white)
save("mask.jpg", white, quality=75)
save("mask-dark.jpg", label * 236, quality=60)
save("mask.webp", white, quality=75)
save("lossless.webp", np.dstack([label] * 3), lossless=True)
save("mask.pgm", label)
