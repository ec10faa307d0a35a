"""What Pillow's Image.rotate(angle, BILINEAR) makes of two pictures: the results of all angles one under the other.

Run in this folder with Pillow 13: python make.py
"""

from PIL import Image

ANGLES = [-10.0, -7.3056123, -0.004, 0.5, 3.14159, 10.0, 33.25, 90.5, 179.99, 271.75]

for name, source in [("tiny", "../formats/tiny.png"), ("coffee", "../coffee-160x120-rgba.png")]:
    picture = Image.open(source).convert("RGB")
    result = Image.new("RGB", (picture.width, picture.height * len(ANGLES)))
    for number, angle in enumerate(ANGLES):
        result.paste(picture.rotate(angle, resample=Image.Resampling.BILINEAR), (0, number * picture.height))
    result.save(f"{name}.expect.png")
