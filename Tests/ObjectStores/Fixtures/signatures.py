"""Writes signatures.json: requests to S3 as botocore encodes and signs them, over keys and queries drawn from a seed.

    python3 signatures.py           # needs botocore (1.43.11 made the file that is here)
    python3 signatures.py --curl    # also counts how many of them the program curl signs otherwise
"""
import datetime
import hashlib
import json
import pathlib
import random
import subprocess
import sys
import threading
import http.server
import urllib.parse

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.utils import percent_encode

NOW = datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
ALPHABET = list("abcXYZ019") + list(" +~/%-_.=&?#'\"()*!@:;,$[]{}|\\^`<>") + ["//", "ä", "e\u0301", "日", "🌍", "\u00a0", "%2F", "%20"]

if hasattr(botocore.auth, "get_current_datetime"):
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: NOW.replace(tzinfo=None) if remove_tzinfo else NOW
else:
    sys.exit("this botocore takes the time from elsewhere")


def text(draw, longest):
    return "".join(draw.choice(ALPHABET) for _ in range(draw.randint(1, longest)))


def cases():
    draw = random.Random(14)
    for number in range(200):
        key = text(draw, 20)
        names = ["list-type", "prefix", "uploads", "partNumber", "uploadId", "continuation-token", "a", "A", "a-b", "ab"]
        draw.shuffle(names)
        query = {name: draw.choice(["", "2", text(draw, 12)]) for name in names[: draw.choice([0, 0, 1, 3, 6])]}
        body = draw.choice([b"", b"", text(draw, 40).encode()])
        method = "PUT" if body else draw.choice(["GET", "GET", "HEAD"])
        host = draw.choice(["bucket.s3.eu-west-1.amazonaws.com", "127.0.0.1:9000", "minio.example:8443"])
        token = draw.choice([None, "token/" + "x" * 20 + "=="])
        yield dict(method=method, host=host, key=key, query=query, body=body.decode(), token=token)


def signed(case):
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", case["token"])
    path = "/" + percent_encode(case["key"], safe="/~")
    request = AWSRequest(
        method=case["method"], url="https://" + case["host"] + path, data=case["body"].encode(), params=dict(case["query"])
    )
    botocore.auth.S3SigV4Auth(credentials, "s3", "eu-west-1").add_auth(request)
    prepared = request.prepare()
    case["path"] = path
    case["authorization"] = prepared.headers["Authorization"]
    return case


class Recorder(http.server.BaseHTTPRequestHandler):
    """Remembers the last request's headers."""

    last = {}

    def do_GET(self):
        type(self).last = dict(self.headers)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def count_curl():
    """Compares the program curl with botocore for GET without a token; the time is curl's own, so botocore signs once more."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = "127.0.0.1:%d" % server.server_port
    tried = {False: 0, True: 0}
    other = {False: 0, True: 0}
    for case in cases():
        if case["method"] != "GET":
            continue
        case.update(host=host, token=None)
        names = [percent_encode(n) + "=" + percent_encode(v) for n, v in case["query"].items()]
        url = "http://" + host + "/" + percent_encode(case["key"], safe="/~") + ("?" + "&".join(names) if names else "")
        empty = hashlib.sha256(b"").hexdigest()
        subprocess.run(
            ["curl", "-s", "--path-as-is", "--globoff", "--aws-sigv4", "aws:amz:eu-west-1:s3", "--user",
             "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "-H", "x-amz-content-sha256: " + empty, url],
            check=True)
        has_query = bool(names)
        tried[has_query] += 1
        global NOW
        sent = Recorder.last
        NOW = datetime.datetime.strptime(sent["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        expected = signed(case)["authorization"]
        signature = lambda text: text.split("Signature=")[1]
        other[has_query] += signature(expected) != signature(sent["Authorization"])
    version = subprocess.run(["curl", "--version"], capture_output=True, text=True).stdout.split()[1]
    print("curl %s: %d of %d without a query and %d of %d with one are signed otherwise" % (
        version, other[False], tried[False], other[True], tried[True]))


if __name__ == "__main__":
    if sys.argv[1:] == ["--curl"]:
        count_curl()
    else:
        output = [signed(case) for case in cases()]
        for case in output:
            case["query"] = [[name, value] for name, value in case["query"].items()]
        pathlib.Path(__file__).with_name("signatures.json").write_text(json.dumps(output, indent=0, ensure_ascii=False) + "\n")
