import Storage

/// The pictures that scales of integers are found from: docs/NUMERICS.md, "The integer network", says how they are made.
///
/// They stand for photographs without being any, so that a quantised network depends on its weights alone.
enum SyntheticPictures {
    static let side = 224

    /// Eight pictures of `side` x `side` pixels, RGB row by row.
    static var all: [[UInt8]] {
        (1...4).map(noise) + gradients + checkerboards
    }

    /// 1/f noise: octaves of equal strength.
    private static func noise(seed: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(seed))
        let shared = field(&random)
        let own = (0..<3).map { _ in field(&random) }
        let values = (0..<side * side).flatMap { pixel in own.map { 3 * shared[pixel] + $0[pixel] } }
        let least = values.min() ?? 0
        let range = max(1, (values.max() ?? 0) - least)
        return values.map { UInt8(255 * ($0 - least) / range) }
    }

    /// A sum of octaves, each a lattice of random numbers of 24 bits with straight lines between them.
    private static func field(_ random: inout SplitMix64) -> [Int] {
        var sum = [Int](repeating: 0, count: side * side)
        for octave in 0...6 {
            let cell = 1 << octave
            let points = (side + cell - 1) / cell + 1
            let lattice = (0..<points * points).map { _ in Int(random.next() >> 40) }
            for y in 0..<side {
                let (top, down) = (y / cell * points, y % cell)
                for x in 0..<side {
                    let (corner, right) = (top + x / cell, x % cell)
                    let above = lattice[corner] * (cell - right) + lattice[corner + 1] * right
                    let below = lattice[corner + points] * (cell - right) + lattice[corner + points + 1] * right
                    sum[y * side + x] += (above * (cell - down) + below * down) >> (2 * octave)
                }
            }
        }
        return sum
    }

    private static var gradients: [[UInt8]] {
        let last = side - 1
        func ramps(_ y: Int, _ x: Int) -> (right: Int, down: Int, diagonal: Int) {
            (255 * x / last, 255 * y / last, 255 * (x + y) / (2 * last))
        }
        let rising = picture { y, x in
            let ramp = ramps(y, x)
            return [ramp.right, ramp.down, ramp.diagonal]
        }
        let falling = picture { y, x in
            let ramp = ramps(y, x)
            return [255 - ramp.down, 255 - ramp.diagonal, 255 - ramp.right]
        }
        return [rising, falling]
    }

    private static var checkerboards: [[UInt8]] {
        let gray = picture { y, x in Array(repeating: 255 * ((x / 4 + y / 4) % 2), count: 3) }
        let colored = picture { y, x in
            let odd = (x / 16 + y / 16) % 2
            return [255 * odd, 255 * (1 - odd), 255 * (x / 16 % 2)]
        }
        return [gray, colored]
    }

    private static func picture(_ colors: (_ y: Int, _ x: Int) -> [Int]) -> [UInt8] {
        (0..<side).flatMap { y in (0..<side).flatMap { x in colors(y, x).map { UInt8($0) } } }
    }
}
