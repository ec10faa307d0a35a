"""Reads the coco.json of a job that `padim flag JOB --masks --regions --coco` flagged, with pycocotools, and compares it with the job's
masks and regions.csv. Needs NumPy, Pillow and pycocotools.

Usage: validate.py JOB
"""

import csv
import os
import sys

import numpy as np
from PIL import Image
from pycocotools.coco import COCO

job = sys.argv[1]
coco = COCO(os.path.join(job, "coco.json"))
with open(os.path.join(job, "regions.csv"), newline="") as file:
    rows = list(csv.DictReader(file))
annotations = [coco.anns[number] for number in sorted(coco.anns)]
assert len(rows) == len(annotations) > 0
for row, annotation in zip(rows, annotations):
    image = coco.imgs[annotation["image_id"]]
    assert image["file_name"] == row["image_path"]
    assert annotation["bbox"] == [int(row[name]) for name in ["left", "top", "width", "height"]]
    assert annotation["area"] == int(row["area"]) == coco.annToMask(annotation).sum()
    found = np.argwhere(coco.annToMask(annotation)).mean(0)
    assert np.allclose(found, [float(row["centroid_row"]), float(row["centroid_col"])], atol=0.0051)
    assert abs(annotation["mean"] - float(row["mean"])) <= 1e-5 * annotation["mean"]
outputs = {}
with open(os.path.join(job, "results.csv"), newline="") as file:
    for row in csv.DictReader(file):
        if row["map_path"]:
            outputs[row["image_path"]] = os.path.splitext(os.path.relpath(row["map_path"], "maps"))[0]
for number, image in coco.imgs.items():
    mask = np.asarray(Image.open(os.path.join(job, "masks", outputs[image["file_name"]] + ".png"))) > 0
    union = np.zeros((image["height"], image["width"]), bool)
    for annotation in coco.loadAnns(coco.getAnnIds(imgIds=[number])):
        union |= coco.annToMask(annotation) > 0
    assert (mask == union).all(), image["file_name"]
print(f"{len(annotations)} regions of {len(coco.imgs)} images agree")
