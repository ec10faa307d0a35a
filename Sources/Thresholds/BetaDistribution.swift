import Foundation

/// The beta distribution: that of the share of a population above one of its sample's order statistics.
///
/// No kept Swift package has it: swift-numerics has the functions of C's library only, and the packages for statistics that there are have
/// had no release in years. It is the regularized incomplete beta function by its continued fraction (Press et al., Numerical Recipes,
/// section 6.4; evaluated by Lentz's method), accurate to about 1e-9 of its value for parameters up to a million.
package struct BetaDistribution {
    package let alpha: Double
    package let beta: Double
    /// The logarithm of 1/B(alpha, beta).
    private let logFactor: Double

    /// - Precondition: both parameters are positive.
    package init(_ alpha: Double, _ beta: Double) {
        precondition(alpha > 0 && beta > 0)
        (self.alpha, self.beta) = (alpha, beta)
        logFactor = Self.logGamma(alpha + beta) - Self.logGamma(alpha) - Self.logGamma(beta)
    }

    /// The probability of a value of at most `x`.
    package func cumulative(_ x: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        let front = exp(logFactor + alpha * log(x) + beta * log1p(-x))
        // The fraction converges fast on this side of the mean; beyond it the distribution is turned round.
        if x < (alpha + 1) / (alpha + beta + 2) { return min(1, front * Self.fraction(alpha, beta, x) / alpha) }
        return max(0, 1 - front * Self.fraction(beta, alpha, 1 - x) / beta)
    }

    /// The least value that is not exceeded with this probability, by halving an interval until no number lies within it.
    package func quantile(_ probability: Double) -> Double {
        var (low, high) = (0.0, 1.0)
        while true {
            let middle = low + (high - low) / 2
            if middle <= low || middle >= high { return high }
            if cumulative(middle) < probability { low = middle } else { high = middle }
        }
    }

    /// The continued fraction of the incomplete beta function. It takes about the square root of the larger parameter steps.
    private static func fraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
        func away(_ value: Double) -> Double { abs(value) < 1e-300 ? 1e-300 : value }
        var c = 1.0
        var d = 1 / away(1 - (a + b) * x / (a + 1))
        var result = d
        for step in 1...100_000 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / away(1 + even * d)
            c = away(1 + even / c)
            result *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / away(1 + odd * d)
            c = away(1 + odd / c)
            result *= d * c
            if abs(d * c - 1) < 1e-15 { break }
        }
        return result
    }

    private static func logGamma(_ x: Double) -> Double {
        // The plain lgamma of C writes a global variable.
        var sign: Int32 = 0
        return lgamma_r(x, &sign)
    }
}
