/// The weights of the stem's points, from one row of a 7 x 7 kernel; the kernels' stem_body.h has the rest of the
/// mathematics.
enum StemTransform {
    /// The finite points; infinity comes after them.
    private static let points: [Double] = [0, 1, -1, 2, -2, 0.5]

    /// How many pixels of a pair have weights at each point: at infinity the odd one has none.
    static let pixels = [2, 2, 2, 2, 2, 2, 1]

    /// G: a tap's weight at a point is the point's power over the product of its distances from the others.
    private static let matrix: [[Double]] =
        points.map { point in
            let distances = points.filter { $0 != point }.reduce(1) { $0 * (point - $1) }
            return [1, point, point * point, point * point * point].map { $0 / distances }
        } + [[0, 0, 0, 1]]

    /// Calls `body` with the weight of each point and pixel of the pair.
    static func apply(_ row: UnsafePointer<Double>, _ body: (_ point: Int, _ pixel: Int, _ value: Double) -> Void) {
        for (point, powers) in matrix.enumerated() {
            let even = powers[0] * row[0] + powers[1] * row[2] + powers[2] * row[4] + powers[3] * row[6]
            body(point, 0, even)
            guard pixels[point] == 2 else { continue }
            body(point, 1, powers[0] * row[1] + powers[1] * row[3] + powers[2] * row[5])
        }
    }
}
