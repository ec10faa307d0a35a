"""The records of sums that follow from taps, for tests. Prints the counts as JSON.

    records.py SPACE.json TAPS.safetensors OUTPUT
"""
import json
import sys

import numpy

import tensors
from gaussian import Embedding, Sums

space = json.load(open(sys.argv[1]))
found, _ = tensors.read(sys.argv[2])
embedding = Embedding(space)
sums = Sums(embedding.patches, embedding.dimension)
sums.fold(*embedding.rounded(embedding.features([numpy.asarray(found[layer]) for layer in space["layers"]])))
with open(sys.argv[3], "wb") as file:
    file.write(sums.chunk(0, embedding.patches))
print(json.dumps({"images": sums.images, "clamped": sums.clamped}))
