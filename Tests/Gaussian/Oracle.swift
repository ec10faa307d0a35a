/// Mean, covariance and Mahalanobis distance as a textbook has them, in Double.
struct Oracle {
    let mean: [Double]
    /// The inverse of the covariance's lower Cholesky factor, packed by rows.
    let whitening: [Double]

    init(_ rows: [[Double]], epsilon: Double) {
        let (n, d) = (rows.count, rows[0].count)
        let mean = (0..<d).map { c in rows.reduce(0) { $0 + $1[c] } / Double(n) }
        var factor = [[Double]](repeating: [Double](repeating: 0, count: d), count: d)
        for i in 0..<d {
            for j in 0...i {
                var value = rows.reduce(0) { $0 + ($1[i] - mean[i]) * ($1[j] - mean[j]) } / Double(n - 1)
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
