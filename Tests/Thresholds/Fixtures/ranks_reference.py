"""Writes ranks.csv: for n scores and a rate of false alarms the rank of the conformal rule, in exact fractions, and that of the tolerance
rule, the lowest rank with BetaCDF(rate; n + 1 - k, k) >= confidence by SciPy; 0 where there is none."""
from fractions import Fraction
from math import ceil

from scipy.stats import beta


def tolerant(n, rate, confidence):
    if beta.cdf(rate, 1, n) < confidence:
        return 0
    low, high = 1, n
    while low < high:
        middle = (low + high) // 2
        if beta.cdf(rate, n + 1 - middle, middle) >= confidence:
            high = middle
        else:
            low = middle + 1
    return low


with open("ranks.csv", "w") as file:
    file.write("n,rate,conformal,tolerant90,tolerant99\n")
    for n in (20, 39, 59, 60, 99, 100, 199, 299, 413, 644, 999, 1_000, 1_999, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000):
        for rate in ("0.5", "0.3", "0.1", "0.07", "0.05", "0.03", "0.02", "0.01", "0.005", "0.001", "0.0001"):
            exact = ceil((n + 1) * (1 - Fraction(rate)))
            conformal = exact if exact <= n - 2 else 0
            file.write(f"{n},{rate},{conformal},{tolerant(n, float(rate), 0.9)},{tolerant(n, float(rate), 0.99)}\n")
