"""Small data sets, one of each layout that `padim manifest` knows.

    python3 make_layouts.py               writes layouts.json: the files of each data set, and what a list of them should say
    python3 make_layouts.py --into DIR    makes the data sets with pictures in them, each in a folder of its own
        [--only NAME] [--images N]        only one of them; N times as many images of each kind (1)

It needs Python alone. What a list should say is written down here where a file is thought up, by the data sets' own descriptions, and not found
by any rule. Pictures are PNG whatever they are called, since images are read by their content.
"""
import argparse
import json
import pathlib
import random
import struct
import zlib

SIZE = 64


class DataSet:
    def __init__(self, name, layout, auto=None, times=1):
        self.name, self.layout, self.times = name, layout, times
        self.auto = auto or layout
        self.images, self.masks, self.texts = [], [], {}
        self.unlabelled, self.left_out = [], []

    def image(self, path, category, split, label=0, kind=None, masks=(), mask=None):
        """masks: the files that belong to the image; mask: what the list names, if it is not the only file."""
        for place in masks:
            self.masks.append({"path": place, "empty": label == 0})
        listed = None if label == 0 else mask or (masks[0] if masks else None)
        self.images.append(
            {"path": path, "label": label, "mask": listed, "split": split, "category": category, "kind": kind,
             "masks": list(masks)})

    def numbers(self, count):
        return [f"{number:03}" for number in range(count * self.times)]


def mvtec(times):
    data = DataSet("mvtec", "mvtec", times=times)
    for category, kinds in [("bottle", ["broken_large", "contamination"]), ("carpet", ["cut, deep", "hole"]), ("metal_nut", ["bent"])]:
        for name in data.numbers(8):
            data.image(f"{category}/train/good/{name}.png", category, "train")
        for name in data.numbers(3):
            data.image(f"{category}/test/good/{name}.png", category, "test")
        for kind in kinds:
            for name in data.numbers(2):
                data.image(f"{category}/test/{kind}/{name}.png", category, "test", 1, kind,
                           [f"{category}/ground_truth/{kind}/{name}_mask.png"])
        data.texts[f"{category}/license.txt"] = "none"
    data.texts["readme.txt"] = "a data set of no worth"
    return data


def loco(times):
    data = DataSet("loco", "mvtec-loco", times=times)
    for category in ["breakfast_box", "pushpins"]:
        for name in data.numbers(3):
            data.image(f"{category}/train/good/{name}.png", category, "train")
        for name in data.numbers(2):
            data.image(f"{category}/validation/good/{name}.png", category, "validation")
            data.image(f"{category}/test/good/{name}.png", category, "test")
        for kind in ["logical_anomalies", "structural_anomalies"]:
            for number, name in enumerate(data.numbers(2)):
                folder = f"{category}/ground_truth/{kind}/{name}"
                masks = [f"{folder}/{part:03}.png" for part in range(1 + number % 2)]
                data.image(f"{category}/test/{kind}/{name}.png", category, "test", 1, kind, masks, mask=folder)
        data.texts[f"{category}/defects_config.json"] = "[]"
    return data


def ad2(times):
    data = DataSet("ad2", "mvtec-ad2", times=times)
    for category in ["can", "sheet_metal"]:
        for name in data.numbers(3):
            data.image(f"{category}/train/good/{name}_regular.png", category, "train")
        for name in data.numbers(2):
            data.image(f"{category}/validation/good/{name}_regular.png", category, "validation")
            data.image(f"{category}/test_public/good/{name}_shift_1.png", category, "test")
            data.image(f"{category}/test_public/bad/{name}_overexposed.png", category, "test", 1, "bad",
                       [f"{category}/test_public/ground_truth/bad/{name}_overexposed_mask.png"])
            data.unlabelled += [f"{category}/test_private/{name}_regular.png", f"{category}/test_private_mixed/{name}_mixed.png"]
    return data


def visa(times, table):
    data = DataSet("visa" if table else "visa-folders", "visa", times=times)
    rows = ["object,split,label,image,mask"]
    for category in ["candle", "pcb1"]:
        for number, name in enumerate(data.numbers(20)):
            # Not by order where a table says so; every tenth where none does.
            split = "test" if (number % 7 == 0 if table else number % 10 == 9) else "train"
            path = f"{category}/Data/Images/Normal/0{name}.JPG"
            data.image(path, category, split)
            rows.append(f"{category},{split},normal,{path},")
        for name in data.numbers(2):
            path, mask = f"{category}/Data/Images/Anomaly/{name}.JPG", f"{category}/Data/Masks/Anomaly/{name}.png"
            data.image(path, category, "test", 1, None, [mask])
            rows.append(f"{category},test,anomaly,{path},{mask}")
        data.texts[f"{category}/image_anno.csv"] = "image,label,mask\n"
    if table:
        # The published table names objects that somebody need not have unpacked.
        rows.append("fryum,train,normal,fryum/Data/Images/Normal/000.JPG,")
        data.texts["split_csv/1cls.csv"] = "\n".join(rows) + "\n"
    return data


def btad(times):
    data = DataSet("btad", "btad", times=times)
    for category, ending, mask in [("01", "bmp", "png"), ("02", "png", "png"), ("03", "bmp", "bmp")]:
        for name in data.numbers(3):
            data.image(f"{category}/train/ok/0{name}.{ending}", category, "train")
        for name in data.numbers(2):
            data.image(f"{category}/test/ok/0{name}.{ending}", category, "test")
            data.image(f"{category}/test/ko/0{name}.{ending}", category, "test", 1, "ko",
                       [f"{category}/ground_truth/ko/0{name}.{mask}"])
    return data


def kolektor(times):
    """Good images have masks, too: empty ones. Every fifth of them is to test."""
    data = DataSet("KolektorSDD", "kolektor", times=times)
    good = 0
    for folder in range(1, 4 * times + 1):
        for part in range(4):
            stem = f"kos{folder:02}/Part{part}"
            is_defective = part == folder % 4
            good += not is_defective
            split = "test" if is_defective or good % 5 == 0 else "train"
            data.image(f"{stem}.jpg", data.name, split, int(is_defective), None, [f"{stem}_label.bmp"])
    return data


def kolektor2(times):
    data = DataSet("KolektorSDD2", "kolektor", times=times)
    for split, first in [("train", 10000), ("test", 20000)]:
        for number in range(first, first + 4 * times):
            label = int(number % 4 == 3)
            data.image(f"{split}/{number}.png", data.name, split, label, None, [f"{split}/{number}_GT.png"])
            if label and split == "train":
                data.left_out.append(data.images.pop()["path"])
    return data


def good_bad(times):
    """Without folders to fit and to test, as anomalib's Folder has it."""
    data = DataSet("good-bad", "folder", times=times)
    good = {}
    for category in ["line 1", "line 2"]:
        for name in data.numbers(10):
            good[category] = good.get(category, 0) + 1
            data.image(f"{category}/images/OK/{name}.png", category, "test" if good[category] % 5 == 0 else "train")
        for kind in ["scratch", "dent"]:
            for name in data.numbers(2):
                # One image has no mask, and masks of two kinds are called alike.
                masks = [] if (kind, name) == ("dent", "001") else [f"{category}/masks/{kind}/{name}_mask.png"]
                data.image(f"{category}/images/NG/{kind}/{name}.png", category, "test", 1, kind, masks)
    return data


def in_house(times):
    """Folders to fit and to test, other words, and kinds of defects that no list of words has."""
    data = DataSet("in-house", "folder", times=times)
    for category in ["caps/red", "caps/blue"]:
        for name in data.numbers(3):
            data.image(f"{category}/training/{name}.tif", category, "train")
            data.image(f"{category}/test/normal/{name}.tif", category, "test")
        for name in data.numbers(2):
            data.image(f"{category}/val/{name}.tif".replace("/val/", "/val/normal/"), category, "validation")
            data.image(f"{category}/test/Naht offen/{name}.tif", category, "test", 1, "Naht offen",
                       [f"{category}/gt/Naht offen/{name}.tif"])
    return data


def data_sets(times=1):
    return [
        mvtec(times), loco(times), ad2(times), visa(times, True), visa(times, False), btad(times), kolektor(times), kolektor2(times),
        good_bad(times), in_house(times),
    ]


def png(path, rows, channels):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2 if channels == 3 else 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def picture(path, category, seed, spots):
    """Stripes with noise; a defect is a spot of another brightness."""
    chance = random.Random(seed)
    phase = sum(category.encode()) % 7
    rows = []
    for y in range(SIZE):
        row = []
        for x in range(SIZE):
            light = 110 + 40 * ((x + y * phase) // 8 % 2) + chance.randrange(24)
            if any(left <= x < left + 14 and top <= y < top + 14 for left, top in spots):
                light = 250 - light // 2
            row += [light, light, min(255, light + 10 * phase)]
        rows.append(row)
    png(path, rows, 3)


def mask(path, spots):
    inside = lambda x, y: any(left <= x < left + 14 and top <= y < top + 14 for left, top in spots)
    png(path, [[255 if inside(x, y) else 0 for x in range(SIZE)] for y in range(SIZE)], 1)


def make(data, root):
    chance = random.Random(data.name)
    empty = {entry["path"]: entry["empty"] for entry in data.masks}
    for number, image in enumerate(data.images):
        spots = [[(chance.randrange(4, 46), chance.randrange(4, 46))] for _ in image["masks"] or [None][: image["label"]]]
        everywhere = [spot for part in spots for spot in part] if image["label"] else []
        picture(root / image["path"], image["category"], f"{data.name} {number}", everywhere)
        for place, part in zip(image["masks"], spots):
            mask(root / place, [] if empty[place] else part)
    listed = {place for image in data.images for place in image["masks"]}
    for entry in data.masks:
        if entry["path"] not in listed:
            mask(root / entry["path"], [] if entry["empty"] else [(9, 9)])
    for number, path in enumerate(data.unlabelled + data.left_out):
        picture(root / path, data.name, f"{data.name} more {number}", [(9, 9)])
    for path, text in data.texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=pathlib.Path)
    parser.add_argument("--only")
    parser.add_argument("--images", type=int, default=1)
    options = parser.parse_args()
    if options.into:
        for data in data_sets(options.images):
            if options.only in (None, data.name):
                make(data, options.into / data.name)
        return
    described = [
        {
            "name": data.name, "layout": data.layout, "auto": data.auto, "texts": data.texts, "masks": data.masks,
            "unlabelled": data.unlabelled, "leftOut": data.left_out,
            "images": [{key: value for key, value in image.items() if key != "masks"} for image in data.images],
        }
        for data in data_sets()
    ]
    place = pathlib.Path(__file__).parent / "layouts.json"
    place.write_text(json.dumps(described, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
