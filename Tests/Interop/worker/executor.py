"""Carries out what a session orders, one thing after the other, on a thread of its own."""
import queue

import zmq

from blobs import Blobs
from images import Unsupported
from stages import STAGES, blobs


class Executor:
    """Orders are of a generation, which `forget` ends: what comes of an earlier one is nobody's."""

    def __init__(self, done, options, log):
        self.done, self.options, self.log = done, options, log
        self.orders = queue.SimpleQueue()
        self.generation = 0
        self.blobs = Blobs(options.cache)
        self.stage = None

    def order(self, name, *details):
        if name == "forget":
            self.generation += 1
        self.orders.put((self.generation, name, details))

    def tell(self, session, now, event):
        generation, name, details, fields = event
        if generation != self.generation:
            return
        if name == "worked":
            session.worked(now, *details)
        else:
            getattr(session, name)(*details, **fields)

    def run(self):
        self.waking = zmq.Context.instance().socket(zmq.PUSH)
        self.waking.connect("inproc://done")
        while True:
            generation, name, details = self.orders.get()
            if generation == self.generation:
                getattr(self, "_" + name)(generation, *details)

    def _say(self, generation, name, *details, **fields):
        self.done.put((generation, name, details, fields))
        self.waking.send(b"")

    def _forget(self, generation):
        self.stage = None

    def _seek(self, generation, stage):
        (name, _), = stage["work"].items()
        if name not in STAGES or "instructionSet" in stage:
            reason = f"this worker has no stage {name}" if name not in STAGES else "this worker gives no set's bits"
            self._say(generation, "cannot", reason)
            return
        missing = [blob for blob in blobs(stage["work"]) if self.blobs.find(blob) is None]
        self._say(generation, "sought", missing)

    def _store(self, generation, blob, offset, piece):
        self.blobs.store(blob, offset, piece)

    def _prepare(self, generation, stage):
        (name, fields), = stage["work"].items()
        try:
            paths = {blob["digest"]: self.blobs.seal(blob) for blob in blobs(stage["work"])}
            self.stage = STAGES[name](fields, paths, self.options.threads, self.options.engine)
            self.stage.lie = self.options.lie
        except Exception as error:  # whatever it is: the coordinator is told, and others do the stage
            self._say(generation, "cannot", str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}")
            return
        self._say(generation, "prepared", self.stage.patches)

    def _work(self, generation, lease, tasks):
        try:
            name, fields, payload, pictures = self.stage.shard(lease, tasks)
        except Exception as error:
            self._say(generation, "worked", lease, "gaveUp", {"reason": f"{type(error).__name__}: {error}"[:1000]})
            return
        for picture, where in pictures:
            self._say(generation, "picture", picture, **where)
        self._say(generation, "worked", lease, name, fields, payload)

    def _offer(self, generation, number, chunk):
        sums = self.stage.sums
        self._say(
            generation, "offered", number, images=sums.images, clamped=sums.clamped, chunks=-(-self.stage.patches // chunk))

    def _chunk(self, generation, number, chunk, index):
        self._say(generation, "chunk", number, index, self.stage.sums.chunk(index, chunk))

    def _clear(self, generation):
        self.stage.sums.clear()
