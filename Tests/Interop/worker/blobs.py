"""Files that workers need, by their digests: in the cache, at their path, or fetched."""
import hashlib
import os
import pathlib


def _has_digest(path, digest):
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest.lower()
    except OSError:
        return False


class Blobs:
    """The cache, in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.known = {}

    def find(self, blob):
        """The path of a file with the blob's content; None where it must be fetched."""
        digest = blob["digest"].lower()
        for path in (self.known.get(digest), self.folder / digest, blob["path"]):
            if path is not None and _has_digest(path, digest):
                self.known[digest] = path
                return path
        return None

    def _partial(self, blob):
        # Workers that share a cache do not write into each other's files.
        return self.folder / f"{blob['digest'].lower()}.{os.getpid()}"

    def store(self, blob, offset, piece):
        path = self._partial(blob)
        with open(path, "r+b" if path.exists() else "wb") as file:
            file.seek(offset)
            file.write(piece)

    def seal(self, blob):
        """Takes a fetched blob into the cache, if it is what was asked for."""
        partial, digest = self._partial(blob), blob["digest"].lower()
        if partial.exists():
            if _has_digest(partial, digest):
                partial.replace(self.folder / digest)
            else:
                partial.unlink()
        path = self.find(blob)
        if path is None:
            raise ValueError(f"{blob['path']}: what came has another digest than was asked for")
        return path
