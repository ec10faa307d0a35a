"""Servers for tests, on loopback, at ports that the system chooses. They end when their standard input does.

    serve.py s3                 an S3 server (moto), which keeps everything in memory
    serve.py web FOLDER         nginx, which serves the folder's files, by HTTP and by HTTPS

Prints "KIND PORT" for each port, and for HTTPS "trust FILE": the certificate that a client has to trust. Then "ready".
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time


def say(line):
    print(line, flush=True)


def listening():
    """A socket that connections can be made to already: whoever accepts them may come later."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.bind(("127.0.0.1", 0))
    opened.listen(256)
    return opened


def serve_s3():
    import logging

    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Handler(WSGIRequestHandler):
        # Connections stay, as they do with real servers.
        protocol_version = "HTTP/1.1"

        def log(self, *_):
            pass

    logging.disable(logging.WARNING)
    server = make_server(
        "127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Handler)
    say("http %d" % server.server_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return lambda: None


CONFIGURATION = """
daemon off;
{user}
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    {temporary}
    types {{ }}
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{encrypted} ssl {http2};
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.key;
        root {root};
        location /private/ {{ auth_basic "tests"; auth_basic_user_file {folder}/passwords; }}
        location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
    }}
}}
"""


def serve_web(root):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="padim-web-"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", str(folder / "server.key"), "-out", str(folder / "server.pem")],
        check=True, stderr=subprocess.DEVNULL)
    # The password is "open sesame".
    hashed = subprocess.run(["openssl", "passwd", "-apr1", "open sesame"], check=True, capture_output=True, text=True)
    (folder / "passwords").write_text("ali:" + hashed.stdout)
    # nginx takes over sockets that are open when it starts, as it does from its predecessor: so no other program gets the ports.
    plain, encrypted = listening(), listening()
    kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    (folder / "nginx.conf").write_text(CONFIGURATION.format(
        # Tests run as root in containers; their folders are closed to others.
        user="user root;" if os.geteuid() == 0 else "", folder=folder, root=root, plain=plain.getsockname()[1], encrypted=encrypted.getsockname()[1],
        temporary=" ".join("%s_temp_path %s/%s;" % (kind, folder, kind) for kind in kinds),
        http2="http2" if os.environ.get("PADIM_TEST_HTTP2") else ""))
    sockets = [plain.fileno(), encrypted.fileno()]
    process = subprocess.Popen(
        [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"),
         "-e", str(folder / "error.log")],
        env=dict(os.environ, NGINX="".join("%d;" % number for number in sockets)), pass_fds=sockets)
    say("http %d" % plain.getsockname()[1])
    say("https %d" % encrypted.getsockname()[1])
    say("trust %s" % (folder / "server.pem"))
    time.sleep(0.05)
    if process.poll() is not None:
        sys.exit((folder / "error.log").read_text())

    def end():
        process.terminate()
        process.wait()
        shutil.rmtree(folder)

    return end


if __name__ == "__main__":
    end = serve_s3() if sys.argv[1] == "s3" else serve_web(os.path.abspath(sys.argv[2]))
    say("ready")
    try:
        sys.stdin.read()
    finally:
        end()
