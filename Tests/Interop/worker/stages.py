"""What a stage asks of its images: sums, scores, or which they are."""
import hashlib
import os
import pathlib

import numpy

import maps
import overlays
import tensors
from engines import engine
from gaussian import Embedding, Fingerprints, Model, Sums
from images import Preparation, Unsupported, Unusable, content

BATCH = 16


def blobs(work):
    """The files that the work needs."""
    (_, fields), = work.items()
    return [fields[name] for name in ("weights", "model", "withoutLot") if name in fields]


class Embedder:
    """From files to embeddings on the grid."""

    def __init__(self, space, weights, threads, kind):
        self.space, self.preparation, self.embedding = space, Preparation(space), Embedding(space)
        found, _ = tensors.read(weights)
        if "padim.int8" in found:
            raise ValueError("this worker does not compute in integers of eight bits: leave --precision int8 out, or use padim-worker")
        self.engine = engine(
            space["backbone"], found, space["layers"], space["inputHeight"], space["inputWidth"], threads, kind)

    def embed(self, tasks):
        """Whole numbers [usable images, patches, channels], clamped values and the images' digests and sizes; failures."""
        usable, inputs, failures = [], [], []
        for task in tasks:
            try:
                data = content(task)
                digest = hashlib.sha256(data).hexdigest()[:32]
                pixels, size = self.preparation(data, task["file"])
                if task.get("digest", digest) != digest:
                    raise Unusable(f"{task['file']}: is another picture than the one that was folded")
            except Unusable as error:
                failures.append({"id": task["id"], "reason": str(error)[:1000]})
                continue
            usable.append((task, digest, size))
            inputs.append(pixels)
        rounded = numpy.zeros((len(usable), self.embedding.patches, self.embedding.dimension), numpy.float32)
        clamped = numpy.zeros(len(usable), numpy.int64)
        finite = numpy.ones(len(usable), bool)
        for first in range(0, len(inputs), BATCH):
            batch = slice(first, first + BATCH)
            taps = self.engine(numpy.stack(inputs[batch]))
            features = self.embedding.features(taps)
            finite[batch] = numpy.isfinite(features).all((1, 2))
            with numpy.errstate(invalid="ignore"):
                rounded[batch], clamped[batch] = self.embedding.rounded(features)
        for (task, _, _), sound in zip(usable, finite):
            if not sound:
                failures.append({"id": task["id"], "reason": f"{task['file']}: its features are not finite"})
        return rounded[finite], clamped[finite], [one for one, sound in zip(usable, finite) if sound], failures


def lied(rounded, lie):
    """What a worker makes of features that lies, for tests of audits."""
    if lie == "zeros":
        return rounded * 0
    if lie == "feature":
        return rounded + (numpy.arange(rounded.shape[2]) == 0)
    if lie == "half":
        return rounded * (numpy.arange(len(rounded)) % 2 == 0)[:, None, None]
    if lie == "order":
        return rounded[:, ::-1]
    return rounded


class Accumulate:
    """Adds images up."""

    lie = None

    def __init__(self, fields, paths, threads, kind):
        space = fields["space"]
        self.embedder = Embedder(space, paths[fields["weights"]["digest"]], threads, kind)
        self.sums = Sums(self.embedder.embedding.patches, self.embedder.embedding.dimension)
        self.patches = self.embedder.embedding.patches
        self.fingerprints = fingerprints(fields, self.embedder.embedding)

    def shard(self, lease, tasks):
        rounded, clamped, usable, failures = self.embedder.embed(tasks)
        told = lied(rounded, self.lie)
        self.sums.fold(rounded * 0 if self.lie == "sums" else told, clamped)
        report = {"failures": failures, "contents": [digest for _, digest, _ in usable]}
        if self.fingerprints is not None:
            report["fingerprint"] = self.fingerprints.of(told)
        return "folded", report, b"", []


def fingerprints(fields, embedding):
    if "audit" not in fields:
        return None
    return Fingerprints(fields["audit"]["seed"], embedding.patches, embedding.dimension)


class Audit:
    """Tells the fingerprints of images that others have added up."""

    patches = sums = lie = None

    def __init__(self, fields, paths, threads, kind):
        self.embedder = Embedder(fields["space"], paths[fields["weights"]["digest"]], threads, kind)
        self.fingerprints = fingerprints(fields, self.embedder.embedding)

    def shard(self, lease, tasks):
        rounded, _, usable, failures = self.embedder.embed(tasks)
        return "audited", {
            "failures": failures, "contents": [digest for _, digest, _ in usable],
            "fingerprint": self.fingerprints.of(lied(rounded, self.lie))}, b"", []


class Identify:
    """Tells which images there are."""

    patches = sums = None

    def __init__(self, fields, paths, threads, kind):
        self.preparation = Preparation(fields["space"])

    def shard(self, lease, tasks):
        failures, contents = [], []
        for task in tasks:
            try:
                data = content(task)
                self.preparation(data, task["file"])
                contents.append(hashlib.sha256(data).hexdigest()[:32])
            except Unusable as error:
                failures.append({"id": task["id"], "reason": str(error)[:1000]})
        return "identified", {"failures": failures, "contents": contents}, b"", []


class Inspect:
    """Scores images."""

    patches = sums = lie = None

    def __init__(self, fields, paths, threads, kind):
        self.order = order = fields["order"]
        self.model = Model(*tensors.read(paths[fields["model"]["digest"]]))
        if "region" in self.model.header or "augmentCopies" in order:
            raise Unsupported("this worker knows no regions of interest and no augmented inspections")
        if order["maps"] not in ("none", "png16", "npy") or "artifacts" in order:
            raise Unsupported("this worker makes no TIFF maps and no copies in buckets")
        space = self.model.space
        self.embedder = Embedder(space, paths[fields["weights"]["digest"]], threads, kind)
        shape = (3, space["inputHeight"], space["inputWidth"])
        taps = [tap.shape[2:] for tap in self.embedder.engine(numpy.zeros((1, *shape), numpy.float32))]
        self.maker = maps.MapMaker(space, taps, order["blurBorder"])
        self.sees = self._probe() and self._owned()

    def _probe(self):
        try:
            found = (pathlib.Path(self.order["directory"]) / self.order["probe"]).read_bytes()
            return found == self.order["probeValue"].encode()
        except OSError:
            return False

    def _owned(self):
        """Whether the coordinator may rename what this process makes in the job's directory."""
        theirs = os.stat(pathlib.Path(self.order["directory"]) / self.order["probe"]).st_uid
        return theirs in (0, os.geteuid())

    def shard(self, lease, tasks):
        rounded, _, usable, failures = self.embedder.embed(tasks)
        distances = self.model.distances(self.embedder.embedding, rounded)
        outcomes = {one["id"]: {"id": one["id"], "failure": one["reason"]} for one in failures}
        pictures, files = [], []
        if self.lie == "score":
            distances = distances * numpy.float32(1.5)
        for (task, digest, size), grid in zip(usable, distances):
            outcome, made = self._one(task, size, grid.reshape(self.maker.sides[0].shape[1], -1))
            if self.order.get("contents"):
                outcome["digest"] = digest
            outcomes[task["id"]] = outcome
            for kind, picture in made:
                if self.sees:
                    files.append(self._write(lease, task, kind, picture))
                else:
                    pictures.append((picture, {"lease": lease, "image": task["id"], "kind": kind}))
        self._settle(files)
        return "scored", {
            "outcomes": [outcomes[task["id"]] for task in tasks], "pictures": len(pictures)}, b"", pictures

    def _one(self, task, size, grid):
        order, values = self.order, self.maker(grid)
        found, row, column = maps.score(values, order.get("topPercent"))
        outcome = {"id": task["id"], "score": float(found), "maxRow": row, "maxColumn": column}
        resized, start = self.embedder.preparation.geometry(*size)
        for name, place, side, scaled, begin in zip(
                ("imageRow", "imageColumn"), (row, column), size, resized, start):
            outcome[name] = (2 * (place + begin) + 1) * side // (2 * scaled)
        if "threshold" in order:
            outcome["flagged"] = bool(found >= numpy.float32(order["threshold"]))
        return outcome, self._pictures(task, outcome.get("flagged", False), values, grid, size)

    def _pictures(self, task, flagged, values, grid, size):
        order, preparation = self.order, self.embedder.preparation
        original = order["mapSize"] == "original"
        placed = (size, *preparation.geometry(*size))
        found = []
        if order["maps"] != "none" and (flagged or not order.get("flaggedMapsOnly")):
            mean = numpy.float32(grid.astype(float).mean() if order.get("centerMaps") else 0)
            shown = maps.at_original_size(values - mean, *placed) if original else values - mean
            found.append(("map", maps.encoded(shown, order["maps"], order["mapScaleExponent"])))
        if order["overlays"] == "all" or order["overlays"] == "flagged" and flagged:
            pixels = preparation.decode(content(task), task["file"])
            if not original:
                pixels = preparation.resized(pixels, task["file"])
            shown = maps.at_original_size(values, *placed) if original else values
            found.append(("overlay", overlays.encoded(pixels, shown, order)))
        return found

    def _write(self, lease, task, kind, picture):
        """Under the name that it has until the coordinator gives it its own."""
        ending = self.order["mapExtension"] if kind == "map" else "png"
        path = pathlib.Path(self.order["directory"]) / (kind + "s") / f"{task['output']}.{ending}.{lease}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        with open(path, "xb") as file:
            file.write(picture)
            file.flush()
            os.fsync(file.fileno())
        return path

    def _settle(self, files):
        """Makes the files durable, where the job is still the one that asked for them."""
        if files and not self._probe():
            for path in files:
                path.unlink()
            raise Unsupported("the job's directory has another job's probe")
        for folder in {path.parent for path in files}:
            descriptor = os.open(folder, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)


STAGES = {"accumulate": Accumulate, "audit": Audit, "identify": Identify, "inspect": Inspect}
