/// The weights of Winograd's slices, from a 3 x 3 kernel; the kernels' winograd_body.h and winograd_stride2_body.h have the
/// rest of the mathematics.
enum WinogradTransform {
    /// G g G' of F(4x4, 3x3).
    case stride1
    /// The same of F(4x4, 2x2), F(4x4, 2x1), F(4x4, 1x2) and F(4x4, 1x1), for the kernel's four phases.
    case stride2

    /// How many phases each slice holds.
    var phases: [Int] {
        switch self {
        case .stride1: Array(repeating: 1, count: 36)
        case .stride2: (0..<25).map { ($0 / 5 < 4 ? 2 : 1) * ($0 % 5 < 4 ? 2 : 1) }
        }
    }

    /// Calls `body` with the value of each slice and phase.
    func apply(_ kernel: UnsafePointer<Double>, _ body: (_ slice: Int, _ phase: Int, _ value: Double) -> Void) {
        // The columns of G g.
        let left = points(kernel[0], kernel[3], kernel[6])
        let middle = points(kernel[1], kernel[4], kernel[7])
        let right = points(kernel[2], kernel[5], kernel[8])
        switch self {
        case .stride1:
            for row in 0..<6 {
                let values = points(left[row], middle[row], right[row])
                for column in 0..<6 { body(6 * row + column, 0, values[column]) }
            }
        case .stride2:
            // Elements 0 to 4 are an even line's points, 5 to 8 an odd one's.
            for down in 0..<9 {
                let values = points(left[down], middle[down], right[down])
                let (row, oddRow) = down < 5 ? (down, 0) : (down - 5, 1)
                for across in 0..<9 {
                    let (column, oddColumn) = across < 5 ? (across, 0) : (across - 5, 1)
                    let phase = oddRow * (column < 4 ? 2 : 1) + oddColumn
                    body(5 * row + column, phase, values[across])
                }
            }
        }
    }

    /// G applied to a line of three taps.
    @inline(__always)
    private func points(_ a: Double, _ b: Double, _ c: Double) -> SIMD16<Double> {
        var points = SIMD16<Double>()
        switch self {
        case .stride1:
            let outer = a + c
            let even = a + 4 * c
            points.lowHalf = SIMD8(
                a / 4, -(outer + b) / 6, -(outer - b) / 6, (even + 2 * b) / 24, (even - 2 * b) / 24, c, 0, 0)
        case .stride2:
            points.lowHalf = SIMD8(a / 2, -(a + c) / 2, (c - a) / 6, (a + 2 * c) / 6, c, b / 2, -b / 2, -b / 6)
            points[8] = b / 6
        }
        return points
    }
}
