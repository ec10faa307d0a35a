"""A worker in Python: python3 Tests/Interop/worker --connect tcp://HOST:PORT. docs/PROTOCOL.md has what it does."""
import argparse
import os
import pathlib
import platform
import queue
import signal
import sys
import threading
import time

import zmq

import wire
from executor import Executor
from session import Session


def arguments():
    parser = argparse.ArgumentParser(prog="worker", description=__doc__)
    parser.add_argument("--connect", required=True, help="the address that the coordinator listens on")
    parser.add_argument("--name", default=f"{platform.node()}-python-{os.getpid()}")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--keys", help="a folder with this worker's NAME.key and coordinator.pub")
    parser.add_argument(
        "--engine", choices=("auto", "torch", "onnx"), default="auto",
        help="auto: PyTorch if it has a GPU, else ONNX Runtime")
    parser.add_argument(
        "--lie", choices=("zeros", "feature", "half", "order", "sums", "score"),
        help="for tests of audits: computes something wrong, always and in this way")
    parser.add_argument("--cache", default=pathlib.Path.home() / ".cache" / "padim" / "python-worker")
    return parser.parse_args()


def main():
    options = arguments()

    def log(text):
        print(f"{options.name}: {text}", file=sys.stderr, flush=True)

    socket = wire.connect(options.connect, options.keys)
    done = queue.SimpleQueue()
    # The executor wakes the loop by a message: sockets belong to one thread.
    waking = zmq.Context.instance().socket(zmq.PULL)
    waking.bind("inproc://done")
    executor = Executor(done, options, log)
    threading.Thread(target=executor.run, daemon=True).start()
    session = Session(
        options.name, options.threads, lambda *message: socket.send_multipart(wire.frames(*message)), executor.order, log)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(session, "is_leaving", True))
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(waking, zmq.POLLIN)
    while session.ended is None:
        now = time.monotonic()
        for ready, _ in poller.poll(50):
            if ready is waking:
                waking.recv()
                continue
            try:
                session.hear(now, *wire.message(socket.recv_multipart()))
            except (ValueError, KeyError, TypeError) as error:
                log(f"a message was dropped: {error!r}")
        while not done.empty():
            executor.tell(session, now, done.get())
        session.tick(now)
        if session.is_leaving and session.number is None:
            break
    socket.close()
    if session.ended:
        log(session.ended)
    return 1 if session.ended else 0


if __name__ == "__main__":
    sys.exit(main())
