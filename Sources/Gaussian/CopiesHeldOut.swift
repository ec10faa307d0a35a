/// The distances that an image of which a model has several samples would have from a model without all of them, at one patch: of a further
/// sample that the model does not have (the plain image behind its augmented copies), and of the samples themselves.
///
/// With n the model's samples, g those of the image, n' = n - g, N = n - 1 + v, R the whitened residuals of the g samples and the further one
/// as columns, and G = R'R + epsilon g / N U'U as for a lot, A = N (I - 11' / n) - G over the g samples, and b = e_x + 1/n' over the g samples:
///
///     d2(x) = (N - g) / N (b'G b + (G b)' A^-1 (G b))
///
/// In double, every sum in ascending order, without fused operations: all machines get the same bits of the same residuals.
struct CopiesHeldOut {
    private let formula: HeldOutFormula
    private let samples: Int
    /// Of the samples and the further one: (samples + 1)^2.
    private var gram: [Double]
    private var backGram: [Double]
    /// The lower triangle T of A = T T'.
    private var triangle: [Double]
    private var right: [Double]

    /// - Parameter samples: of one image, in the model: at least one.
    init(_ formula: HeldOutFormula, samples: Int) {
        (self.formula, self.samples) = (formula, samples)
        let side = samples + 1
        gram = [Double](repeating: 0, count: side * side)
        backGram = gram
        triangle = [Double](repeating: 0, count: samples * samples)
        right = [Double](repeating: 0, count: samples)
    }

    /// - Parameters:
    ///   - residuals: of the image's samples and the further one, side by side; a row a channel, `stride` numbers apart.
    ///   - back: W'R, likewise.
    /// - Returns: the squared distances of the further sample, and the mean of those of the others; nil where the model without the image
    ///   cannot be had in double.
    mutating func measure(
        residuals: UnsafePointer<Double>, back: UnsafePointer<Float>, stride: Int, channels: Int
    ) -> (further: Double, mean: Double)? {
        let (g, side) = (samples, samples + 1)
        let n = Double(formula.count)
        let (full, left) = (n - 1 + formula.pooledWeight, n - Double(g))
        guard left >= 2 else { return nil }
        fillGrams(residuals, back, stride, channels)
        let weight = formula.epsilon * Double(g) / full
        for place in gram.indices { gram[place] += weight * backGram[place] }
        for i in 0..<g {
            for j in 0...i {
                var value = full * ((i == j ? 1 : 0) - 1 / n) - gram[i * side + j]
                for k in 0..<j { value -= triangle[i * g + k] * triangle[j * g + k] }
                if i == j {
                    guard value > 0 else { return nil }
                    triangle[i * g + i] = value.squareRoot()
                } else {
                    triangle[i * g + j] = value / triangle[j * g + j]
                }
            }
        }
        let further = distance(of: g, full, left)
        var total = 0.0
        for sample in 0..<g { total += distance(of: sample, full, left) }
        let mean = total / Double(g)
        return further.isFinite && mean.isFinite ? (further, mean) : nil
    }

    private mutating func fillGrams(
        _ residuals: UnsafePointer<Double>, _ back: UnsafePointer<Float>, _ stride: Int, _ channels: Int
    ) {
        let side = samples + 1
        for place in gram.indices { (gram[place], backGram[place]) = (0, 0) }
        for channel in 0..<channels {
            let (r, u) = (residuals + channel * stride, back + channel * stride)
            for i in 0..<side {
                for j in 0...i {
                    gram[i * side + j] += r[i] * r[j]
                    backGram[i * side + j] += Double(u[i]) * Double(u[j])
                }
            }
        }
        for i in 0..<side {
            for j in 0..<i {
                gram[j * side + i] = gram[i * side + j]
                backGram[j * side + i] = backGram[i * side + j]
            }
        }
    }

    private mutating func distance(of x: Int, _ full: Double, _ left: Double) -> Double {
        let (g, side) = (samples, samples + 1)
        var (cross, whole) = (0.0, 0.0)
        for i in 0..<g {
            var row = 0.0
            for j in 0..<g { row += gram[i * side + j] }
            right[i] = gram[i * side + x] + row / left
            cross += gram[i * side + x]
            whole += row
        }
        var square = gram[x * side + x] + 2 * cross / left + whole / (left * left)
        for i in 0..<g {
            var value = right[i]
            for k in 0..<i { value -= triangle[i * g + k] * right[k] }
            right[i] = value / triangle[i * g + i]
            square += right[i] * right[i]
        }
        return max((full - Double(g)) / full * square, 0)
    }
}
