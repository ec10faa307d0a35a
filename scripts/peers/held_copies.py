"""Copies of the peers' packages that ask held.c what the processor has, for machines whose processor does not let `cpuid` fault.

Usage: held_copies.py DIR

In every shared library of the copies each instruction `cpuid` becomes `ud2`, of as many bytes, which traps into held.c. DIR then goes to PYTHONPATH.
For benchmarks only. Needs objdump.
"""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys

CPUID, UD2 = b"\x0f\xa2", b"\x0f\x0b"


def text_section(library):
    """Where the section of instructions begins: its address and its place in the file."""
    for line in subprocess.run(["objdump", "-h", library], check=True, capture_output=True, text=True).stdout.splitlines():
        fields = line.split()
        if len(fields) > 5 and fields[1] == ".text":
            return int(fields[3], 16), int(fields[5], 16)
    return None


def replace(library):
    """How many instructions were replaced."""
    bytes_ = bytearray(library.read_bytes())
    section = text_section(library) if CPUID in bytes_ else None
    if section is None:
        return 0
    address, place = section
    code = ["objdump", "-d", "--no-show-raw-insn", "-j", ".text", library]
    count = 0
    with subprocess.Popen(code, stdout=subprocess.PIPE, text=True) as listing:
        for line in listing.stdout:
            found = re.match(r"\s*([0-9a-f]+):\s+cpuid\s*$", line)
            if found:
                at = int(found[1], 16) - address + place
                if bytes_[at : at + 2] != CPUID:
                    sys.exit(f"{library}: no cpuid at {at}")
                bytes_[at : at + 2] = UD2
                count += 1
    library.write_bytes(bytes_)
    return count


def main(directory):
    for package in ("onnxruntime", "openvino"):
        source = pathlib.Path(importlib.util.find_spec(package).origin).parent
        copy = pathlib.Path(directory) / package
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy)
        libraries = [path for path in copy.rglob("*.so*") if path.is_file() and not path.is_symlink()]
        print(f"{package}: {sum(map(replace, libraries))} instructions replaced in {len(libraries)} libraries")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
