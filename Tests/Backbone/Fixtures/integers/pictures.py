"""The eight pictures from which scales are found, uint8 [8, 224, 224, 3]."""
import numpy as np

SIDE = 224


def pictures():
    return np.stack([_noise(seed) for seed in (1, 2, 3, 4)] + _gradients() + _checkerboards()).astype(np.uint8)


def _draw(state, count):
    """So many random numbers of 24 bits from SplitMix64, and its next state."""
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        after = int(z[-1])
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(40)).astype(np.int64), after


def _noise(seed):
    state, fields = seed, []
    for _ in range(4):
        field = np.zeros((SIDE, SIDE), np.int64)
        for k in range(7):
            cell = 1 << k
            points = -(-SIDE // cell) + 1
            numbers, state = _draw(state, points * points)
            lattice = numbers.reshape(points, points)
            place, part = np.divmod(np.arange(SIDE), cell)
            y, fy, x, fx = place[:, None], part[:, None], place[None], part[None]
            above = lattice[y, x] * (cell - fx) + lattice[y, x + 1] * fx
            below = lattice[y + 1, x] * (cell - fx) + lattice[y + 1, x + 1] * fx
            field += (above * (cell - fy) + below * fy) >> (2 * k)
        fields.append(field)
    value = np.stack([3 * fields[0] + field for field in fields[1:]], axis=-1)
    return 255 * (value - value.min()) // (value.max() - value.min())


def _gradients():
    y, x = np.mgrid[:SIDE, :SIDE]
    first = np.stack([255 * x // 223, 255 * y // 223, 255 * (x + y) // 446], axis=-1)
    return [first, 255 - first[..., [1, 2, 0]]]


def _checkerboards():
    y, x = np.mgrid[:SIDE, :SIDE]
    small = 255 * ((x // 4 + y // 4) % 2)
    p = (x // 16 + y // 16) % 2
    return [np.stack([small] * 3, axis=-1), np.stack([255 * p, 255 * (1 - p), 255 * (x // 16 % 2)], axis=-1)]
