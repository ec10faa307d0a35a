#!/usr/bin/env python3
"""Makes the archives of this folder with Python's own tarfile and zipfile, and GNU tar where they cannot: make.py

Each file in them has as its content its name, a line break, and that a hundred times.
"""
import io
import os
import struct
import subprocess
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
LONG = "long/" + "n" * 150 + ".png"
NAMES = ["b.png", "a/2.png", "a/10.png", "a-b.png", "ä ö/ü.png", LONG, "a.txt"]


def content(name):
    return (name + "\n").encode() * 100


def place(name):
    return os.path.join(HERE, name)


def add(tar, name, kind=tarfile.REGTYPE, link="", of=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    data = content(of or name) if kind == tarfile.REGTYPE else b""
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def tars():
    formats = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
    for name, form in formats.items():
        with tarfile.open(place(name + ".tar"), "w", format=form) as tar:
            for member in ["./" + NAMES[0]] + NAMES[1:]:
                # The oldest form has no room for the long name.
                if not (name == "ustar" and member == LONG):
                    add(tar, member, of=member.removeprefix("./"))
    for ending in ["gz", "xz", "bz2"]:
        with tarfile.open(place("pax.tar." + ending), "w:" + ending) as tar:
            for member in NAMES:
                add(tar, member)
    with open(place("pax.tar"), "rb") as plain, open(place("pax.tar.zst"), "wb") as packed:
        packed.write(subprocess.run(["zstd", "-c"], input=plain.read(), stdout=subprocess.PIPE, check=True).stdout)
    with tarfile.open(place("links.tar"), "w") as tar:
        add(tar, "a/1.png")
        add(tar, "hard.png", tarfile.LNKTYPE, "a/1.png")
        add(tar, "a/soft.png", tarfile.SYMTYPE, "1.png")
        add(tar, "b/soft.png", tarfile.SYMTYPE, "../a/./1.png")
        add(tar, "out.png", tarfile.SYMTYPE, "../1.png")
        add(tar, "root.png", tarfile.SYMTYPE, "/etc/passwd")
        add(tar, "lost.png", tarfile.LNKTYPE, "none.png")
        add(tar, "circle.png", tarfile.SYMTYPE, "circle.png")
        add(tar, "device.png", tarfile.CHRTYPE)
        add(tar, "pipe.png", tarfile.FIFOTYPE)
        add(tar, "folder.png", tarfile.DIRTYPE)
    with tarfile.open(place("names.tar"), "w") as tar:
        add(tar, "/absolute.png")
        add(tar, "../up.png")
        add(tar, "a/../../up.png")
        add(tar, ".hidden.png")
        add(tar, "a/.hidden/b.png")
        add(tar, "twice.png", of="first")
        add(tar, "once.png")
        add(tar, "twice.png", of="second")
    with tarfile.open(place("latin.tar"), "w", format=tarfile.USTAR_FORMAT, encoding="latin-1") as tar:
        add(tar, "a.png")
        add(tar, "ü.png")
    sparse = place("sparse.png")
    with open(sparse, "wb") as file:
        file.seek(1 << 20)
        file.write(b"end")
    subprocess.run(["tar", "-C", HERE, "-Scf", place("sparse.tar"), "sparse.png"], check=True)
    os.remove(sparse)
    # Gzip within gzip, and the beginning of what would become a gigabyte and a half.
    with open(place("pax.tar.gz"), "rb") as once:
        packed = subprocess.run(["gzip", "-c"], input=once.read(), stdout=subprocess.PIPE, check=True).stdout
    with open(place("twice.tar.gz"), "wb") as file:
        file.write(packed)
    info = tarfile.TarInfo("zeros.png")
    info.size = 3 << 29
    with open(place("bomb.tar.xz"), "wb") as file:
        begun = info.tobuf() + bytes(1 << 20)
        file.write(subprocess.run(["xz", "-c"], input=begun, stdout=subprocess.PIPE, check=True).stdout)


def zips():
    for name, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
        with zipfile.ZipFile(place(name + ".zip"), "w", method) as archive:
            for member in ["./" + NAMES[0]] + NAMES[1:]:
                archive.writestr(zipfile.ZipInfo(member), content(member.removeprefix("./")), method)
    class Pipe(io.RawIOBase):
        def __init__(self, file):
            self.file = file

        def write(self, data):
            return self.file.write(data)

        def flush(self):
            pass

    # As programs write that cannot go back in the file: sizes follow the data.
    with open(place("streamed.zip"), "wb") as file, zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as archive:
        for member in NAMES:
            archive.writestr(member, content(member))
    with zipfile.ZipFile(place("large.zip"), "w") as archive:
        for member in NAMES:
            with archive.open(member, "w", force_zip64=True) as file:
                file.write(content(member))
    with zipfile.ZipFile(place("odd.zip"), "w") as archive:
        archive.writestr("good.png", content("good.png"))
        archive.writestr("folder.png/", b"")
        archive.writestr("../up.png", b"up")
        link = zipfile.ZipInfo("link.png")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        archive.writestr(link, b"good.png")
        archive.writestr("packed.png", content("packed.png"), zipfile.ZIP_LZMA)


if __name__ == "__main__":
    tars()
    zips()
