import Benchmark
import Gaussian
import Tensors

/// Embeddings into sums.
func registerStatistics() {
    for dimension in [100, 200, 550] {
        Benchmark("fold 64 embeddings into 49 patches, d=\(dimension)") { benchmark, bench in
            for _ in benchmark.scaledIterations { try bench.fold() }
        } setup: {
            try FoldBench(dimension: dimension)
        }
    }
}

private final class FoldBench {
    private static let (patches, images) = (49, 64)
    private let statistics: Gaussian.Statistics
    private let rows: AlignedBuffer<Int32>

    init(dimension: Int) throws {
        statistics = try Gaussian.Statistics(patches: Self.patches, dimension: dimension)
        rows = try AlignedBuffer(zeros: Self.patches * Self.images * dimension)
        for place in 0..<rows.count { rows.pointer[place] = Int32(truncatingIfNeeded: place &* 7919) % 500_000 }
    }

    func fold() throws { try statistics.fold(rows.pointer, images: Self.images, patches: 0..<Self.patches) }
}
