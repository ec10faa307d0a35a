/// G g G' of Winograd's F(4x4, 3x3), for a 3 x 3 kernel g; the kernels' winograd_body.h has the rest of the mathematics.
enum WinogradTransform {
    static let slices = 36

    /// Calls `body` with each slice's number and value.
    static func transform(_ kernel: UnsafePointer<Double>, _ body: (_ slice: Int, _ value: Double) -> Void) {
        // The columns of G g.
        let left = line(kernel[0], kernel[3], kernel[6])
        let middle = line(kernel[1], kernel[4], kernel[7])
        let right = line(kernel[2], kernel[5], kernel[8])
        for row in 0..<6 {
            let values = line(left[row], middle[row], right[row])
            for column in 0..<6 { body(6 * row + column, values[column]) }
        }
    }

    /// G applied to three numbers.
    @inline(__always)
    private static func line(_ a: Double, _ b: Double, _ c: Double) -> SIMD8<Double> {
        let outer = a + c
        let even = a + 4 * c
        return SIMD8(
            a / 4, -(outer + b) / 6, -(outer - b) / 6, (even + 2 * b) / 24, (even - 2 * b) / 24, c, 0, 0)
    }
}
