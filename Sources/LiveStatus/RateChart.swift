/// Images a second over the time of a stage, as a drawing of lines.
enum RateChart {
    private static let (width, height) = (720.0, 140.0)
    private static let (left, bottom, top, right) = (48.0, 22.0, 10.0, 8.0)

    static func markup(_ points: [RateHistory.Point]) -> Markup {
        let points = points.filter { $0.seconds.isFinite && $0.imagesPerSecond.isFinite }
        guard let last = points.last, points.count > 1, last.seconds > 0 else {
            return #"<p class="note">It is drawn after a few seconds.</p>"#
        }
        let highest = nice(points.map(\.imagesPerSecond).max() ?? 1)
        func x(_ seconds: Double) -> Double { left + (width - left - right) * seconds / last.seconds }
        func y(_ rate: Double) -> Double { height - bottom - (height - bottom - top) * rate / highest }
        let line = points.map { "\(number(x($0.seconds))),\(number(y($0.imagesPerSecond)))" }.joined(separator: " ")
        let rows: [Markup] = [0, highest / 2, highest].map { rate in
            """
            <line class="grid" x1="\(number(left))" x2="\(number(width - right))" y1="\(number(y(rate)))" y2="\(number(y(rate)))"/>\
            <text x="\(number(left - 6))" y="\(number(y(rate) + 4))" text-anchor="end">\(Words.rate(rate))</text>
            """
        }
        return """
            <svg viewBox="0 0 \(number(width)) \(number(height))" role="img" aria-label="images a second over time">\(rows)\
            <polyline class="line" points="\(line)"/>\
            <text x="\(number(left))" y="\(number(height - 5))">0</text>\
            <text x="\(number(width - right))" y="\(number(height - 5))" text-anchor="end">\(Words.time(last.seconds))</text></svg>
            """
    }

    /// 1, 2 or 5 times a power of ten that is not below.
    private static func nice(_ value: Double) -> Double {
        var power = 1e-3
        while power < 1e12 {
            for factor in [1.0, 2, 5] where factor * power >= value { return factor * power }
            power *= 10
        }
        return max(value, 1)
    }

    private static func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
