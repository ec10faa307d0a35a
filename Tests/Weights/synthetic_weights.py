"""Weights that are a pure function of a tensor's name and shape, as SyntheticWeights.swift has them. Needs numpy.

The scripts that make fixtures import it.
"""
import numpy as np


def uniform(name, count):
    """SplitMix64 of the stream seeded with FNV-1a-64(name), as fractions of 53 bits."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def synthetic(name, shape, gain):
    """A tensor's values, Float32. `gain` is three times the variance of a convolution's output over that of its input."""
    u = uniform(name, int(np.prod(shape)))
    if len(shape) == 4:
        v = (2 * u - 1) * np.sqrt(gain / np.prod(shape[1:]))
    elif name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
        v = 0.5 + u
    else:
        v = 0.2 * (u - 0.5)
    return v.reshape(shape).astype(np.float32)
