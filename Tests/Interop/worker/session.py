"""The rules of a worker, without sockets and clocks: docs/PROTOCOL.md, "The life of a session" and "What may come when".

A Session is told of messages, of what the executor has done, and of the time; it says messages and gives the executor orders.
"""
import random

from wire import VERSION

REPEATS = (3, 6, 12, 24)
PIECE = 1_048_576
# Leases that were reported last.
REMEMBERED = 16_384
GIVE_UP_SECONDS = 600


class Repeat:
    """When to say something again: after 3, 6, 12 and every 24 seconds."""

    def __init__(self, now):
        self.times = iter(REPEATS)
        self.due = now + next(self.times)

    def is_due(self, now):
        if now < self.due:
            return False
        self.due = now + next(self.times, REPEATS[-1])
        return True


class Fetching:
    """A blob that comes in pieces, four of them under way."""

    def __init__(self, blob):
        self.blob, self.next, self.under_way = blob, 0, {}

    def asks(self, now):
        """What to ask for now: offsets and counts."""
        found = [(offset, count) for offset, (count, again) in self.under_way.items() if again.is_due(now)]
        while len(self.under_way) < 4 and self.next < self.blob["byteCount"]:
            count = min(PIECE, self.blob["byteCount"] - self.next)
            self.under_way[self.next] = count, Repeat(now)
            found.append((self.next, count))
            self.next += count
        return found

    def takes(self, offset, count):
        if offset not in self.under_way or self.under_way[offset][0] != count:
            return False
        del self.under_way[offset]
        return True

    @property
    def is_done(self):
        return not self.under_way and self.next >= self.blob["byteCount"]


class Session:
    """say(name, fields, payload) sends a message; order(name, *arguments) gives the executor work, one thing after the other."""

    def __init__(self, name, threads, say, order, log):
        self.name, self.threads = name, threads
        self._say, self.order, self.log = say, order, log
        self.number = self.ended = self.last_heard = None
        self.is_leaving = False
        self._reset()

    def _reset(self):
        """Empty, and nobody's: the incarnation says so."""
        self.number, self.incarnation = None, random.getrandbits(52)
        self.hello_due = self.heartbeat_due = 0
        self.interval, self.newest, self.highest_upload = 1.0, None, -1
        self.reported = []
        self._forget_stage(None)

    def _forget_stage(self, stage):
        self.stage, self.is_ready, self.unfit = stage, False, None
        self.leases, self.reports, self.upload = {}, {}, None
        self.patches, self.fetching = None, []
        self.order("forget")

    def say(self, name, payload=b"", **fields):
        self._say(name, {"session": self.number, **fields}, payload)

    # Time

    def tick(self, now):
        if self.ended is not None:
            return
        self.last_heard = self.last_heard or now
        if now - self.last_heard > GIVE_UP_SECONDS:
            self.ended = "nothing was heard for 10 minutes"
        elif self.number is None:
            if now >= self.hello_due:
                self.hello_due = now + 3
                self._say("hello", {
                    "version": VERSION, "incarnation": self.incarnation, "name": self.name, "threads": self.threads,
                    "instructionSet": "numpy"}, b"")
        else:
            self._tick_session(now)

    def _tick_session(self, now):
        if now >= self.heartbeat_due:
            self.heartbeat_due = now + self.interval
            self.say(
                "heartbeat", stage=self.stage["number"] if self.is_ready else None,
                leases=sorted({*self.leases, *self.reports}), newest=self.newest,
                upload=self.upload and self.upload[0])
            if self.is_leaving:
                self.say("leaving")
            if self.unfit is not None:
                self.say("unfit", stage=self.stage["number"], reason=self.unfit)
        for message, again in self.reports.values():
            if again.is_due(now):
                self.say(message[0], message[2], **message[1])
        if self.fetching:
            for offset, count in self.fetching[0].asks(now):
                self.say("fetch", blob=self.fetching[0].blob, offset=offset, count=count)

    # What the coordinator says

    def hear(self, now, name, fields, payload):
        self.last_heard = now
        if self.ended is not None:
            return
        if name == "misunderstood":
            self.log(f"the coordinator did not understand: {fields['reason']}")
        elif self.number is None:
            self._hear_stranger(now, name, fields)
        elif name == "piece":
            self._take_piece(now, fields, payload)
        elif fields.get("session") == self.number and hasattr(self, "_on_" + name):
            getattr(self, "_on_" + name)(now, fields)

    def _beat_every(self, milliseconds):
        self.interval = min(max(milliseconds, 50), 60_000) / 1000

    def _on_heartbeat(self, now, fields):
        if "heartbeatMilliseconds" in fields:
            self._beat_every(fields["heartbeatMilliseconds"])

    def _hear_stranger(self, now, name, fields):
        if name == "welcome" and fields["incarnation"] == self.incarnation:
            self.number = fields["session"]
            self._beat_every(fields["heartbeatMilliseconds"])
            self.log("joined")
        elif name == "refused":
            self.ended = f"refused: {fields['reason']}"
        elif name == "done":
            self.ended = ""

    def _on_fenced(self, now, fields):
        self.log("the session is over; beginning another")
        self._reset()

    def _on_done(self, now, fields):
        self.ended = ""

    def _on_prepare(self, now, fields):
        stage = fields["stage"]
        if self.stage is not None and stage["number"] <= self.stage["number"]:
            if stage["number"] == self.stage["number"] and self.is_ready:
                self.say("prepared", stage=stage["number"])
            return
        self._forget_stage(stage)
        self.order("seek", stage)

    def _take_piece(self, now, fields, payload):
        current = self.fetching[0] if self.fetching else None
        if current is None or fields["blob"] != current.blob or not current.takes(fields["offset"], len(payload)):
            return
        self.order("store", current.blob, fields["offset"], payload)
        if current.is_done:
            self.fetching.pop(0)
            if not self.fetching:
                self.order("prepare", self.stage)

    def _on_deal(self, now, fields):
        lease = fields["lease"]
        self.newest = max(self.newest or 0, lease)
        known = lease in self.leases or lease in self.reports or lease in self.reported
        is_old = len(self.reported) == REMEMBERED and lease < self.reported[0]
        if not self.is_ready or self.upload is not None or known or is_old:
            return
        self.leases[lease] = fields["images"]
        self.order("work", lease, fields["images"])

    def _on_acknowledged(self, now, fields):
        self.reports.pop(fields["lease"], None)

    def _on_checkpoint(self, now, fields):
        number, chunk = fields["upload"], fields["chunkPatches"]
        if self.patches is None or not 1 <= chunk <= self.patches or self.leases:
            return
        if self.upload is not None and self.upload[0] != number or self.upload is None and number <= self.highest_upload:
            return
        self.upload, self.highest_upload = (number, chunk), number
        self.order("offer", number, chunk)

    def _on_send(self, now, fields):
        if self.upload is None or fields["upload"] != self.upload[0] or len(fields["chunks"]) > 1024:
            return
        chunks = -(-self.patches // self.upload[1])
        for index in fields["chunks"]:
            if 0 <= index < chunks:
                self.order("chunk", *self.upload, index)

    def _on_committed(self, now, fields):
        if self.upload is not None and fields["upload"] == self.upload[0]:
            self.upload = None
            self.order("clear")

    # What the executor has done

    def sought(self, missing):
        self.fetching = [Fetching(blob) for blob in missing]
        if not missing:
            self.order("prepare", self.stage)

    def prepared(self, patches):
        """patches: of the stage's sums; None where it has none."""
        self.is_ready, self.patches = True, patches
        self.log(f"ready for stage {self.stage['number']}")
        self.say("prepared", stage=self.stage["number"])

    def cannot(self, reason):
        self.unfit = reason[:1000]
        self.log(f"unfit: {reason}")
        self.say("unfit", stage=self.stage["number"], reason=self.unfit)

    def picture(self, payload, **fields):
        self.say("picture", payload, **fields)

    def worked(self, now, lease, name, fields, payload=b""):
        """The report of a shard: again until it is acknowledged."""
        del self.leases[lease]
        self.reported = sorted([*self.reported, lease])[-REMEMBERED:]
        fields = {"lease": lease, **fields}
        self.reports[lease] = (name, fields, payload), Repeat(now)
        self.say(name, payload, **fields)

    def offered(self, number, **fields):
        self.say("offer", upload=number, **fields)

    def chunk(self, number, index, records):
        self.say("chunk", records, upload=number, index=index)
