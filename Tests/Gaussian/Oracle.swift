/// Mean, covariance and Mahalanobis distance as a textbook has them, in Double.
struct Oracle {
    let mean: [Double]
    /// The inverse of the covariance's lower Cholesky factor, packed by rows.
    let whitening: [Double]

    init(_ rows: [[Double]], epsilon: Double) {
        let mean = Self.mean(rows)
        self.init(mean: mean, covariance: Self.covariance(rows, mean), epsilon: epsilon)
    }

    /// Covariances drawn towards another by `pooled` images of it.
    init(_ rows: [[Double]], towards target: [[Double]], pooled: Double, epsilon: Double) {
        let mean = Self.mean(rows)
        let freedom = Double(rows.count - 1)
        let own = rows.count > 1 ? Self.covariance(rows, mean) : target.map { $0.map { _ in 0 } }
        let drawn = zip(own, target).map { own, target in
            zip(own, target).map { (freedom * $0 + pooled * $1) / (freedom + pooled) }
        }
        self.init(mean: mean, covariance: drawn, epsilon: epsilon)
    }

    static func mean(_ rows: [[Double]]) -> [Double] {
        rows[0].indices.map { c in rows.reduce(0) { $0 + $1[c] } / Double(rows.count) }
    }

    static func covariance(_ rows: [[Double]], _ mean: [Double]) -> [[Double]] {
        mean.indices.map { i in
            mean.indices.map { j in
                rows.reduce(0) { $0 + ($1[i] - mean[i]) * ($1[j] - mean[j]) } / Double(rows.count - 1)
            }
        }
    }

    private init(mean: [Double], covariance: [[Double]], epsilon: Double) {
        let d = mean.count
        var factor = [[Double]](repeating: [Double](repeating: 0, count: d), count: d)
        for i in 0..<d {
            for j in 0...i {
                var value = covariance[i][j]
                if i == j { value += epsilon }
                for k in 0..<j { value -= factor[i][k] * factor[j][k] }
                factor[i][j] = i == j ? value.squareRoot() : value / factor[j][j]
            }
        }
        var inverse = factor
        for j in 0..<d {
            for i in j..<d {
                var value: Double = i == j ? 1 : 0
                for k in j..<i { value -= factor[i][k] * inverse[k][j] }
                inverse[i][j] = value / factor[i][i]
            }
        }
        self.mean = mean
        whitening = (0..<d).flatMap { i in (0...i).map { inverse[i][$0] } }
    }

    func distance(_ row: [Double]) -> Double {
        var (square, place) = (0.0, 0)
        for i in mean.indices {
            var value = 0.0
            for j in 0...i {
                value += whitening[place] * (row[j] - mean[j])
                place += 1
            }
            square += value * value
        }
        return square.squareRoot()
    }
}
