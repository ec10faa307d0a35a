import CKernels
import COpenBLAS
import Compute
import Gaussian
import Tensors

/// From sums to whitening matrices, one thread, beside LAPACK in a plain loop.
///
/// Ours begins with whole-number sums and ends with packed floats. LAPACK's begins with covariances and ends with inverted
/// factors in double; it destroys its input, so each is copied first.
enum Inversion {
    static var comparisons: [Comparison] {
        [
            comparison(dimension: 100, patches: 3136),
            // A sixteenth of a map's patches.
            comparison(dimension: 550, patches: 196),
        ]
    }

    private static func comparison(dimension: Int, patches: Int) -> Comparison {
        Comparison(
            name: "invert-\(dimension)", title: "invert \(patches) covariances, d=\(dimension), 1 thread",
            unit: "ms/patch", scale: 1e3, target: 0.9
        ) { _ in
            let sums = try Sums(dimension: dimension, patches: patches)
            return Measure(ours: try ours(sums), peers: [try lapack(sums)])
        }
    }

    /// Statistics of random embeddings.
    private final class Sums {
        let dimension, patches: Int
        let statistics: Statistics
        static let scale = 1.0 / 4096

        init(dimension: Int, patches: Int) throws {
            (self.dimension, self.patches) = (dimension, patches)
            statistics = try Statistics(patches: patches, dimension: dimension)
            let images = 2 * dimension
            let rows = try AlignedBuffer<Int32>(zeros: images * dimension)
            var random = SplitMix(seed: 3)
            for patch in 0..<patches {
                for place in 0..<rows.count { rows.pointer[place] = Int32.random(in: -5000...5000, using: &random) }
                try statistics.fold(rows.pointer, images: images, patches: patch..<patch + 1)
            }
            statistics.didFold(images: images, clamped: 0)
        }
    }

    private static func ours(_ sums: Sums) throws -> Contestant {
        let kernels = try InstructionSet.best.statisticsKernels()
        let (dimension, patches) = (sums.dimension, sums.patches)
        let packed = dimension * (dimension + 1) / 2
        let atATime = Int(kernels.pointee.whiten_patches)
        let scratch = try AlignedBuffer<Double>(zeros: kernels.pointee.whiten_scratch(Int32(dimension)))
        let scales = try AlignedBuffer<Double>(zeros: dimension)
        for channel in 0..<dimension { scales.pointer[channel] = Sums.scale }
        let means = try AlignedBuffer<Float>(zeros: patches * dimension)
        let whitening = try AlignedBuffer<Float>(zeros: patches * packed)
        return Contestant(name: "padim") {
            try seconds {
                try sums.statistics.withChunk(patches: 0..<patches) { bytes in
                    let records = bytes.assumingMemoryBound(to: Int64.self)
                    guard let first = records.baseAddress else { return }
                    let words = statistics_record_words(dimension)
                    for patch in stride(from: 0, to: patches, by: atATime) {
                        var job = WhitenJob(
                            records: first + patch * words, patches: Int32(min(atATime, patches - patch)),
                            channels: Int32(dimension), count: sums.statistics.count, scales: scales.pointer,
                            epsilon: 0.01, pooled: nil, own: 1, means: means.pointer + patch * dimension,
                            whitening: whitening.pointer + patch * packed)
                        guard kernels.pointee.whiten(&job, scratch.pointer) == 0 else {
                            throw BenchmarkError("a covariance is not positive definite")
                        }
                    }
                }
            } / Double(patches)
        }
    }

    private static func lapack(_ sums: Sums) throws -> Contestant {
        openblas_set_num_threads(1)
        let (dimension, patches) = (sums.dimension, sums.patches)
        let covariances = try AlignedBuffer<Double>(zeros: patches * dimension * dimension)
        let factor = try AlignedBuffer<Double>(zeros: dimension * dimension)
        try sums.statistics.withChunk(patches: 0..<patches) { bytes in
            let words = statistics_record_words(dimension)
            let count = Double(sums.statistics.count)
            for patch in 0..<patches {
                let record = bytes.assumingMemoryBound(to: Int64.self)[(patch * words)..<((patch + 1) * words)]
                let (s, products) = (record.startIndex, record.startIndex + dimension)
                for row in 0..<dimension {
                    for column in 0...row {
                        let product = Double(record[products + row * (row + 1) / 2 + column])
                        let numerator = product - Double(record[s + row]) * Double(record[s + column]) / count
                        // LAPACK's columns are our rows.
                        covariances.pointer[(patch * dimension + column) * dimension + row] =
                            numerator / (count - 1) * Sums.scale * Sums.scale + (row == column ? 0.01 : 0)
                    }
                }
            }
        }
        return Contestant(name: "dpotrf + dtrtri") {
            try seconds {
                var (size, status) = (Int32(dimension), Int32(0))
                for patch in 0..<patches {
                    factor.pointer.update(
                        from: covariances.pointer + patch * dimension * dimension, count: dimension * dimension)
                    dpotrf_("L", &size, factor.pointer, &size, &status)
                    guard status == 0 else { throw BenchmarkError("LAPACK finds no factor: \(status)") }
                    dtrtri_("L", "N", &size, factor.pointer, &size, &status)
                }
            } / Double(patches)
        }
    }
}
