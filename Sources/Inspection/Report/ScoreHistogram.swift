/// How image scores are spread.
package struct ScoreHistogram: Equatable, Sendable {
    package struct Bar: Equatable, Sendable {
        /// Known to be normal, or nothing is known.
        package var normal = 0
        /// Known to be anomalous.
        package var anomalous = 0

        package init(normal: Int = 0, anomalous: Int = 0) { (self.normal, self.anomalous) = (normal, anomalous) }
    }

    package let lowest: Float
    package let highest: Float
    /// Of equal width, from the lowest score to the highest.
    package private(set) var bars: [Bar]

    /// - Parameter scores: finite.
    /// - Returns: nil without scores.
    package init?(_ scores: [LabelledScore], bars count: Int = 48) {
        guard let lowest = scores.map(\.score).min(), let highest = scores.map(\.score).max(), count > 0 else {
            return nil
        }
        (self.lowest, self.highest) = (lowest, highest)
        bars = [Bar](repeating: Bar(), count: count)
        for item in scores {
            let bar = min(count - 1, Int(position(of: Double(item.score)) * Double(count)))
            if item.isAnomalous { bars[bar].anomalous += 1 } else { bars[bar].normal += 1 }
        }
    }

    /// Where a score lies between the lowest, 0, and the highest, 1.
    package func position(of score: Double) -> Double {
        let (low, width) = (Double(lowest), Double(highest) - Double(lowest))
        return width > 0 ? (score - low) / width : 0.5
    }

    /// Round numbers within the range, about as many as asked for.
    package func ticks(about count: Int = 6) -> [Double] {
        let (low, high) = (Double(lowest), Double(highest))
        guard high > low else { return [low] }
        let rough = (high - low) / Double(count)
        let decade = Self.powerOfTen(below: rough)
        let step = [1, 2, 5, 10].map { $0 * decade }.first { $0 >= rough } ?? rough
        let first = (low / step).rounded(.up)
        return (0...2 * count).map { (first + Double($0)) * step }.filter { $0 <= high }
    }

    private static func powerOfTen(below value: Double) -> Double {
        var power = 1.0
        while power > value { power /= 10 }
        while power * 10 <= value { power *= 10 }
        return power
    }
}
