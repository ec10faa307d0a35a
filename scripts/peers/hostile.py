#!/usr/bin/env python3
"""Clients of a job's status page that mean harm: slow readers, slow writers, endless heads, endless bodies, silence, and requests without
end over one connection. Python's standard library only."""

import argparse
import socket
import threading
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def slow_reader(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.sendall(REQUEST)
    while connection.recv(1):
        time.sleep(0.5)


def slow_writer(connection):
    for byte in b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 1000:
        connection.send(bytes([byte]))
        time.sleep(0.3)


def endless_head(connection):
    connection.sendall(b"GET / HTTP/1.1\r\n")
    while True:
        connection.sendall(b"A: " + b"b" * 65536 + b"\r\n")


def endless_body(connection):
    connection.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000\r\n\r\n")
    while True:
        connection.sendall(bytes(65536))


def silent(connection):
    connection.settimeout(30)
    connection.recv(1)


def pipelined(connection):
    while True:
        connection.sendall(REQUEST * 1000)


def greedy(connection):
    connection.sendall(REQUEST.replace(b"/ ", b"/api/status "))
    while connection.recv(65536):
        pass


KINDS = [slow_reader, slow_writer, endless_head, endless_body, silent, pipelined, greedy]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connect", required=True, help="HOST:PORT of the status page")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    host, port = options.connect.rsplit(":", 1)
    end = time.monotonic() + options.seconds

    def client(kind):
        while time.monotonic() < end:
            try:
                with socket.create_connection((host, int(port)), timeout=10) as connection:
                    kind(connection)
            except ConnectionRefusedError:
                return
            except OSError:
                time.sleep(0.02)

    threads = [threading.Thread(target=client, args=(KINDS[n % len(KINDS)],), daemon=True) for n in range(options.clients)]
    for thread in threads:
        thread.start()
    print(f"{len(threads)} clients", flush=True)
    while time.monotonic() < end and any(thread.is_alive() for thread in threads):
        time.sleep(0.1)


main()
