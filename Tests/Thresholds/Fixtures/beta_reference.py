"""Writes beta.csv: n, k, quantiles and cumulative probabilities of Beta(n + 1 - k, k), by SciPy."""
from scipy.stats import beta

with open("beta.csv", "w") as file:
    file.write("n,k,probability,quantile,x,cumulative\n")
    for n in (20, 59, 60, 100, 413, 644, 1_000, 10_000, 100_000, 1_000_000):
        ranks = {1, 2, n // 2, n - n // 10, n - n // 20, n - n // 100, n - n // 1000, n - 2, n - 1, n}
        for k in sorted(rank for rank in ranks if 1 <= rank <= n):
            distribution = beta(n + 1 - k, k)
            for probability in (1e-6, 0.05, 0.5, 0.9, 0.95):
                quantile = float(distribution.ppf(probability))
                # Besides the quantile itself, places on both sides of it.
                for x in (quantile * 0.9, quantile, min(1 - 1e-9, quantile * 1.1)):
                    file.write(f"{n},{k},{probability!r},{quantile!r},{x!r},{float(distribution.cdf(x))!r}\n")
