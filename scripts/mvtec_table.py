"""Evaluates each product of an inspection of MVTec AD and prints the paper's tables with it: what scripts/benchmark-mvtec ends with.

The paper is Defard et al., PaDiM: a Patch Distribution Modeling Framework for Anomaly Detection and Localization, arXiv 2011.08785. What it does
not have for a backbone and number of channels is left blank.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import sys

TEXTURES = ["carpet", "grid", "leather", "tile", "wood"]
OBJECTS = ["bottle", "cable", "capsule", "hazelnut", "metal_nut", "pill", "screw", "toothbrush", "transistor", "zipper"]

# Localization on MVTec AD: pixel AUROC and PRO in per cent, the table by classes and its means. By backbone and number of channels.
LOCALIZATION = {
    ("resnet18", 100): {
        "carpet": (98.9, 96.0), "grid": (94.9, 90.9), "leather": (99.1, 97.9), "tile": (91.2, 81.6), "wood": (93.6, 90.3),
        "textures": (95.6, 91.3), "bottle": (98.1, 93.9), "cable": (95.8, 86.2), "capsule": (98.3, 91.9), "hazelnut": (97.7, 91.4),
        "metal_nut": (96.7, 81.9), "pill": (94.7, 90.6), "screw": (97.4, 91.3), "toothbrush": (98.7, 92.3),
        "transistor": (97.2, 80.2), "zipper": (98.2, 94.7), "objects": (97.3, 89.4), "all": (96.7, 90.1),
    },
    ("wide_resnet50_2", 550): {
        "carpet": (99.1, 96.2), "grid": (97.3, 94.6), "leather": (99.2, 97.8), "tile": (94.1, 86.0), "wood": (94.9, 91.1),
        "textures": (96.9, 93.2), "bottle": (98.3, 94.8), "cable": (96.7, 88.8), "capsule": (98.5, 93.5), "hazelnut": (98.2, 92.6),
        "metal_nut": (97.2, 85.6), "pill": (95.7, 92.7), "screw": (98.5, 94.4), "toothbrush": (98.8, 93.1),
        "transistor": (97.5, 84.5), "zipper": (98.5, 95.9), "objects": (97.8, 91.6), "all": (97.5, 92.1),
    },
}
# Detection on MVTec AD: image AUROC in per cent, means only. Those of EfficientNet-B5 are shown whatever number of channels is asked for.
DETECTION = {
    ("wide_resnet50_2", 550): {"textures": 98.8, "objects": 93.6, "all": 95.3},
    ("tf_efficientnet_b5", None): {"textures": 99.0, "objects": 97.2, "all": 97.9},
}
USUAL = {"resnet18": 100, "wide_resnet50_2": 550}


def evaluations(options):
    """The figures of each category in per cent: image AUROC, pixel AUROC, PRO; None for what there is not."""
    with open(options.job / "products.csv", newline="", encoding="utf-8") as file:
        products = list(csv.DictReader(file))
    found = {}
    for product in products:
        name = product["product"]
        if product["status"] != "done":
            print(f"{name}: {product['status']}, left out", file=sys.stderr)
            continue
        command = [options.padim, "evaluate", str(options.job / product["folder"]), "--truth", str(options.truth), "--json"]
        answer = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if answer.returncode != 0:
            print(f"{name}: no metrics (above), left out", file=sys.stderr)
            continue
        metrics = json.loads(answer.stdout)
        pixels = metrics.get("pixels")
        found[name] = (
            100 * metrics["ranking"]["auroc"],
            100 * pixels["ranking"]["auroc"] if pixels else None,
            100 * pixels["regionOverlap"] if pixels else None,
        )
    return found, len(products)


def means(figures):
    return tuple(sum(column) / len(column) if column and None not in column else None for column in zip(*figures))


def paper(backbone, rd, name):
    key = (backbone, rd or USUAL.get(backbone))
    detection = DETECTION.get(key) or DETECTION.get((backbone, None)) or {}
    return (detection.get(name), *LOCALIZATION.get(key, {}).get(name, (None, None)))


def line(name, here, there):
    cells = [f"{value:9.1f}" if value is not None else f"{'':9}" for pair in zip(here, there) for value in pair]
    return f"{name:22}" + "".join(cells).rstrip()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--padim", required=True)
    parser.add_argument("--truth", type=pathlib.Path, required=True)
    parser.add_argument("--job", type=pathlib.Path, required=True)
    parser.add_argument("--backbone", required=True)
    parser.add_argument("--rd", type=lambda text: "all" if text == "all" else int(text))
    options = parser.parse_args()
    found, count = evaluations(options)
    if not found:
        sys.exit("no category has metrics")

    def row(name, figures=None, title=None):
        return line(title or name.replace("_", " "), figures or found[name], paper(options.backbone, options.rd, name))

    def mean_row(name, categories, whole):
        """The paper's means are of all its categories: beside means of a part of them they would say nothing."""
        here = means([found[category] for category in categories])
        there = paper(options.backbone, options.rd, name) if set(categories) == set(whole) else (None,) * 3
        return line(f"{name}, mean of {len(categories)}", here, there)

    print(f"{'':22}{'image AUROC':>18}{'pixel AUROC':>18}{'PRO':>18}")
    print(f"{'':22}" + f"{'here':>9}{'paper':>9}" * 3)
    for title, whole in [("textures", TEXTURES), ("objects", OBJECTS)]:
        part = [name for name in whole if name in found]
        for name in part:
            print(row(name))
        if part:
            print(mean_row(title, part, whole) + "\n")
    others = sorted(set(found) - set(TEXTURES) - set(OBJECTS))
    for name in others:
        print(row(name))
    print(mean_row("all", list(found), TEXTURES + OBJECTS))
    print("\nPer cent. PRO is integrated to a false positive rate of 0.3. Paper: arXiv 2011.08785.")
    if len(found) < count:
        sys.exit(f"{count - len(found)} of {count} categories have no metrics")


if __name__ == "__main__":
    main()
