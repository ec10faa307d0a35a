"""Writes one list in each form that has columns, by Python's csv and json modules: python3 make_lists.py

All files of lists/ say the same of the same images. expected.json has what they say.
"""
import csv
import io
import json
import pathlib

folder = pathlib.Path(__file__).parent / "lists"
folder.mkdir(exist_ok=True)
header = ["image_path", "label_index", "label", "mask_path", "split", "category", "lot", "remark"]
rows = [
    ["a.png", "0", "good", "", "train", "cap", "7", "nothing"],
    ["b, c;d\te.png", "1", "scratch", "masks/b.png", "test", "cap", "7", "two, parts; here\tthere"],
    ['say "hello".png', "1", "bad", "", "test", "Cap 2", "8", '"'],
    ["été/ü 日本.png", "0", "", "", "", "", "", ""],
    ["folder/[1]{2}.png", "1", "crack", "masks/1", "Test", "cap", "lot 9", "{}"],
]


def written(**options):
    text = io.StringIO()
    writer = csv.writer(text, **options)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


(folder / "comma.csv").write_bytes(written())
(folder / "semicolon.csv").write_bytes(b"\xef\xbb\xbf" + written(delimiter=";", lineterminator="\n"))
(folder / "tab.tsv").write_bytes(written(delimiter="\t"))
(folder / "tab-quoted.txt").write_bytes(written(delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\n"))
(folder / "semicolon-utf16.csv").write_bytes(written(delimiter=";").decode().encode("utf-16"))


def json_lines(ascii_only, typed, sort):
    lines = []
    for row in rows:
        item = dict(zip(header, row))
        if typed:
            # As a program with types writes it: numbers, null for nothing, and keys that only some lines have.
            item["label_index"] = float(item["label_index"]) if item["label"] == "crack" else int(item["label_index"])
            item["lot"] = int(item["lot"]) if item["lot"].isdigit() else item["lot"] or None
            item["mask_path"] = item["mask_path"] or None
            item["remark"] = {"text": item["remark"], "more": [1, None, {"deep": []}]}
            if not item["category"]:
                del item["category"]
        lines.append(json.dumps(item, ensure_ascii=ascii_only, sort_keys=sort))
    return ("\n".join(lines) + "\n").encode()


(folder / "plain.jsonl").write_bytes(json_lines(False, False, False))
(folder / "typed.jsonl").write_bytes(b"\xef\xbb\xbf" + json_lines(True, True, True).replace(b"\n", b"\r\n"))
(folder / "unnamed.txt").write_bytes(json_lines(True, True, False))

expected = []
for path, index, label, mask, split, category, lot, _ in rows:
    kind = label if label in ("scratch", "crack") else None
    expected.append(
        {
            "path": path, "label": int(index), "kind": kind, "mask": mask or None, "split": split or None,
            "category": category or None, "lot": lot or None,
        }
    )
(folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
