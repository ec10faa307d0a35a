"""Workers that compute nothing, many in one process, to see what a crowd of them asks of a coordinator.

They speak ZMTP 3.0 without keys over epoll, and the protocol of docs/PROTOCOL.md: sums are those of `images` equal embeddings.
The last line of the output is a JSON object of what was counted.
"""
import argparse
import heapq
import itertools
import json
import os
import random
import secrets
import select
import socket
import struct
import time
import zlib
from array import array

CLOCK = time.monotonic
VERSION = 3


def frame(body, flags):
    if len(body) < 256:
        return struct.pack(">BB", flags, len(body)) + body
    return struct.pack(">BQ", flags | 2, len(body)) + body


def packed(message, payload=b""):
    header = json.dumps(message, separators=(",", ":")).encode()
    check = struct.pack("<I", zlib.crc32(payload, zlib.crc32(header)))
    return frame(header, 1) + frame(payload, 1) + frame(check, 0)


GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
READY = frame(b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER", 4)


class Crowd:
    def __init__(self, options):
        self.options = options
        self.poll = select.epoll()
        self.by_descriptor = {}
        self.alarms = []
        self.order = itertools.count()
        self.counts = {}
        self.seen = set()
        self.committed = 0
        self.first_deal = self.last_report = None
        self.answer_times = []

    def count(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by

    def after(self, delay, action):
        heapq.heappush(self.alarms, (CLOCK() + delay, next(self.order), action))

    def usage(self):
        """Processor seconds, and resident memory now and at most, in MB, of the coordinator."""
        try:
            fields = open(f"/proc/{self.options.pid}/stat").read().rsplit(")", 1)[1].split()
            status = open(f"/proc/{self.options.pid}/status").read()
        except OSError:
            return None
        memory = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith(("VmRSS", "VmHWM"))}
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), memory.get("VmRSS", 0), memory.get("VmHWM", 0)

    def run(self):
        begun = CLOCK()
        workers = [Worker(self, number) for number in range(self.options.workers)]
        for number, worker in enumerate(workers):
            self.after(number * 0.0005, worker.connect)
        usage = None
        next_look = 0
        while any(not w.is_done for w in workers) and CLOCK() - begun < self.options.limit:
            while self.alarms and self.alarms[0][0] <= CLOCK():
                heapq.heappop(self.alarms)[2]()
            wait = min(0.05, max(0, self.alarms[0][0] - CLOCK())) if self.alarms else 0.05
            for descriptor, events in self.poll.poll(wait):
                worker = self.by_descriptor.get(descriptor)
                if worker and events & select.EPOLLOUT:
                    worker.flush()
                if worker and worker.line and events & ~select.EPOLLOUT:
                    worker.read()
            if CLOCK() > next_look:
                next_look = CLOCK() + 0.2
                usage = self.usage() or usage
        shards = len(self.seen)
        answers = sorted(self.answer_times) or [0]
        result = {
            "workers": self.options.workers, "left": sum(not w.is_done for w in workers), "seconds": round(CLOCK() - begun, 1),
            "shards": shards, "images committed": self.committed, "processor seconds": usage and round(usage[0], 2),
            "peak MB": usage and usage[2], "answer p50 ms": round(1000 * answers[len(answers) // 2], 1),
            "answer p99 ms": round(1000 * answers[int(len(answers) * 0.99)], 1), "counts": self.counts,
        }
        if shards and usage and self.first_deal and self.last_report:
            spent = self.last_report[1] - self.first_deal[1]
            result["processor seconds per 1000 shards"] = round(1000 * spent / shards, 2)
            result["shards a second"] = round(shards / (self.last_report[0] - self.first_deal[0]), 1)
        print(json.dumps(result), flush=True)


class Worker:
    def __init__(self, crowd, number):
        self.crowd, self.number = crowd, number
        self.line = None
        self.is_done = False
        self.begin()

    def begin(self):
        self.session = self.stage = self.work = self.newest = self.upload = None
        self.incarnation = secrets.randbits(52)
        self.leases = {}
        self.images = 0

    # The connection.

    def connect(self):
        if self.is_done or self.line:
            return
        self.line = socket.socket()
        self.line.setblocking(False)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.out, self.heard, self.parts = bytearray(GREETING), bytearray(), []
        self.is_greeted = self.is_up = False
        self.line.connect_ex(self.crowd.address)
        self.crowd.by_descriptor[self.line.fileno()] = self
        self.crowd.poll.register(self.line.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def hang_up(self, again):
        if self.line:
            self.crowd.by_descriptor.pop(self.line.fileno(), None)
            self.line.close()
            self.line = None
        if again and not self.is_done:
            self.crowd.count("connections lost")
            self.crowd.after(0.5 + random.random(), self.connect)

    def flush(self):
        try:
            del self.out[: self.line.send(self.out)]
        except BlockingIOError:
            pass
        except OSError:
            return self.hang_up(again=True)
        self.crowd.poll.modify(self.line.fileno(), select.EPOLLIN | (select.EPOLLOUT if self.out else 0))

    def read(self):
        try:
            data = self.line.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            return self.hang_up(again=True)
        self.heard += data
        if not self.is_greeted:
            if len(self.heard) < 64:
                return
            del self.heard[:64]
            self.is_greeted = True
            self.out += READY
            self.flush()
        place = 0
        while self.line and len(self.heard) - place >= 2:
            flags, head = self.heard[place], 2
            size = self.heard[place + 1]
            if flags & 2:
                if len(self.heard) - place < 9:
                    break
                size, head = struct.unpack_from(">Q", self.heard, place + 1)[0], 9
            if len(self.heard) - place < head + size:
                break
            body = bytes(self.heard[place + head : place + head + size])
            place += head + size
            if flags & 4:
                if body.startswith(b"\x05READY"):
                    self.is_up = True
                    self.beat() if self.session else self.hello()
                continue
            self.parts.append(body)
            if not flags & 1:
                header, self.parts = self.parts[0], []
                ((name, fields),) = json.loads(header).items()
                self.crowd.count("heard " + name)
                getattr(self, "on_" + name, lambda fields: None)(fields)
        del self.heard[:place]

    def say(self, message, payload=b"", /, **fields):
        if not self.line or not self.is_up:
            return
        if message != "hello":
            fields["session"] = self.session
        self.crowd.count("said " + message)
        self.out += packed({message: fields}, payload)
        self.flush()

    # What is said and heard.

    def hello(self):
        if self.session or self.is_done:
            return
        self.say("hello", version=VERSION, incarnation=self.incarnation, name=f"idle-{self.number}", threads=1, instructionSet="avx2")
        self.crowd.after(3, self.hello)

    def beat(self):
        fields = {"leases": sorted(self.leases)}
        for name, value in (("stage", self.stage), ("newest", self.newest), ("upload", self.upload)):
            if value is not None:
                fields[name] = value
        self.say("heartbeat", **fields)

    def tick(self, session):
        if session != self.session or self.is_done:
            return
        self.beat()
        for lease, held in list(self.leases.items()):
            if held["said"] and CLOCK() - held["said"] >= held["patience"]:
                held["patience"] = min(2 * held["patience"], 24)
                self.crowd.count("reports repeated")
                self.report(session, lease)
        self.crowd.after(self.interval, lambda: self.tick(session))

    def on_welcome(self, fields):
        if self.session or fields["incarnation"] != self.incarnation:
            return
        self.session, self.interval = fields["session"], fields["heartbeatMilliseconds"] / 1000
        session = self.session
        self.crowd.after(random.random() * self.interval, lambda: self.tick(session))

    def on_prepare(self, fields):
        stage = fields["stage"]
        if self.stage is None or stage["number"] > self.stage:
            self.stage = stage["number"]
            ((self.work, details),) = stage["work"].items()
            if "space" in details:
                space = details["space"]
                self.patches, self.channels = space["gridHeight"] * space["gridWidth"], len(space["channels"])
        self.say("prepared", stage=self.stage)

    def on_deal(self, fields):
        lease, images = fields["lease"], [image["id"] for image in fields["images"]]
        self.newest = max(self.newest or lease, lease)
        if lease in self.leases:
            return self.crowd.count("deals twice")
        if images[0] in self.crowd.seen:
            self.crowd.count("shards dealt again")
        self.crowd.first_deal = self.crowd.first_deal or (CLOCK(), self.crowd.usage()[0])
        self.leases[lease] = {"images": images, "said": None, "patience": 3}
        session = self.session
        self.crowd.after(random.uniform(0, self.crowd.options.delay), lambda: self.report(session, lease))

    def report(self, session, lease):
        held = self.leases.get(lease)
        if session != self.session or not held or self.is_done:
            return
        held["said"] = CLOCK()
        held.setdefault("begun", CLOCK())
        if self.work == "accumulate":
            self.say("folded", lease=lease, failures=[])
        else:
            outcomes = [{"id": i, "score": 21.5, "maxRow": 3, "maxColumn": 8} for i in held["images"]]
            self.say("scored", lease=lease, pictures=0, outcomes=outcomes)

    def on_acknowledged(self, fields):
        held = self.leases.pop(fields["lease"], None)
        if not held or not held["said"]:
            return
        self.crowd.answer_times.append(CLOCK() - held["begun"])
        if self.work == "accumulate":
            self.images += len(held["images"])
        self.crowd.seen.add(held["images"][0])
        self.crowd.last_report = (CLOCK(), self.crowd.usage()[0])

    def on_checkpoint(self, fields):
        if self.upload == fields["upload"]:
            self.crowd.count("checkpoints repeated")
        self.upload, self.chunk_patches = fields["upload"], fields["chunkPatches"]
        chunks = -(-self.patches // self.chunk_patches)
        self.say("offer", upload=self.upload, images=self.images, clamped=0, chunks=chunks)

    def on_send(self, fields):
        if fields["upload"] != self.upload:
            return
        value, n, d = 1000, self.images, self.channels
        record = array("q", [n * value] * d + [n * value * value] * (d * (d + 1) // 2)).tobytes()
        for index in fields["chunks"]:
            patches = min(self.patches, (index + 1) * self.chunk_patches) - index * self.chunk_patches
            self.say("chunk", record * patches, upload=self.upload, index=index)

    def on_committed(self, fields):
        if fields["upload"] == self.upload:
            self.crowd.committed += self.images
            self.images, self.upload = 0, None

    def on_fenced(self, fields):
        if fields["session"] == self.session:
            self.crowd.count("fenced")
            self.begin()
            self.hello()

    def on_done(self, fields):
        self.is_done = True
        self.hang_up(again=False)

    def on_refused(self, fields):
        print("refused:", fields["reason"], flush=True)
        self.on_done(fields)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--connect", required=True, metavar="HOST:PORT")
parser.add_argument("--workers", type=int, required=True)
parser.add_argument("--pid", type=int, required=True, help="the coordinator's process")
parser.add_argument("--delay", type=float, default=0.05, help="seconds that a shard takes at most")
parser.add_argument("--limit", type=float, default=300, help="seconds after which to give up")
crowd = Crowd(parser.parse_args())
host, port = crowd.options.connect.rsplit(":", 1)
crowd.address = (host, int(port))
crowd.run()
