import COpenBLAS
import Gaussian
import Tensors

/// Folding 64 embeddings into every patch's sums, one thread, beside the BLAS call that a plain implementation makes.
enum Folding {
    private static let images = 64

    static var comparisons: [Comparison] {
        [
            comparison(dimension: 100, patches: 3136, target: 1.0),
            // A sixteenth of a map's patches: far beyond the caches already.
            comparison(dimension: 550, patches: 196, target: 0.8),
        ]
    }

    private static func comparison(dimension: Int, patches: Int, target: Double) -> Comparison {
        Comparison(
            name: "fold-\(dimension)", title: "fold 64 embeddings, d=\(dimension), 1 thread", unit: "µs/patch",
            scale: 1e6,
            target: target
        ) { _ in
            Measure(
                ours: try ours(dimension: dimension, patches: patches),
                peers: [try blas(dimension: dimension, patches: patches)])
        }
    }

    static func ours(dimension: Int, patches: Int) throws -> Contestant {
        let statistics = try Statistics(patches: patches, dimension: dimension)
        let rows = try AlignedBuffer<Int32>(zeros: patches * images * dimension)
        var random = SplitMix(seed: 2)
        for place in 0..<rows.count { rows.pointer[place] = Int32.random(in: -500_000...500_000, using: &random) }
        return Contestant(name: "padim") {
            try seconds { try statistics.fold(rows.pointer, images: images, patches: 0..<patches) } / Double(patches)
        }
    }

    private static func blas(dimension: Int, patches: Int) throws -> Contestant {
        openblas_set_num_threads(1)
        let products = try AlignedBuffer<Double>(zeros: patches * dimension * dimension)
        let rows = try AlignedBuffer<Double>(zeros: patches * images * dimension)
        var random = SplitMix(seed: 2)
        for place in 0..<rows.count { rows.pointer[place] = Double.random(in: -1...1, using: &random) }
        let (channels, count) = (Int32(dimension), Int32(images))
        return Contestant(name: "cblas_dsyrk") {
            seconds {
                for patch in 0..<patches {
                    cblas_dsyrk(
                        Int32(CblasRowMajor), Int32(CblasLower), Int32(CblasTrans), channels, count, 1,
                        rows.pointer + patch * images * dimension, channels, 1,
                        products.pointer + patch * dimension * dimension, channels)
                }
            } / Double(patches)
        }
    }
}
