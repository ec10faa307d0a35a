/// A share as it was written: digits / 10^decimals, above 0 and below 1.
///
/// Ranks are computed from it in whole numbers. As a Double, 0.05 is not one twentieth, and (n + 1) (1 - 0.05) may come out beside the
/// whole number that it is.
struct DecimalShare: Hashable, Sendable {
    private let digits: Int128
    private let scale: Int128
    /// The nearest Double.
    let value: Double

    /// More decimals than a Double above 1e-9 has in its shortest text.
    private static let mostDecimals = 26

    /// Reads `0.01`, `1e-2` and `1%`.
    /// - Returns: nil if the text is no number, has more than 26 decimals, or is not above 0 and below 1.
    init?(_ text: some StringProtocol) {
        let isPercent = text.hasSuffix("%")
        let number = isPercent ? text.dropLast() : text[...]
        let parts = number.split(separator: "e", maxSplits: 1, omittingEmptySubsequences: false)
        guard let mantissa = parts.first, let exponent = parts.count > 1 ? Int(parts[1]) : 0,
            (-100...100).contains(exponent)
        else { return nil }
        let halves = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        var fraction = Substring(halves.count > 1 ? halves[1] : "")
        while fraction.last == "0" { fraction.removeLast() }
        let all = halves[0] + fraction
        let decimals = fraction.count - exponent + (isPercent ? 2 : 0)
        guard all.allSatisfy({ $0.isASCII && $0.isNumber }), let digits = Int128(all), digits > 0,
            (1...Self.mostDecimals).contains(decimals)
        else { return nil }
        let scale = (0..<decimals).reduce(Int128(1)) { power, _ in power * 10 }
        guard digits < scale, let value = Double("\(digits)e-\(decimals)") else { return nil }
        (self.digits, self.scale, self.value) = (digits, scale, value)
    }

    /// The share of `count`, rounded down. Exact.
    /// - Precondition: `count` is 0 to 10^12, which leaves the product within 128 bits.
    func part(of count: Int) -> Int {
        precondition((0...1_000_000_000_000).contains(count))
        return Int(digits * Int128(count) / scale)
    }
}
