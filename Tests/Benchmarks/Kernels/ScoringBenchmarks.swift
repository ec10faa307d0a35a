import Benchmark
import CKernels
import Compute
import Gaussian
import PaDiM
import Tensors

/// Embeddings into distances and maps.
func registerScoring() {
    for dimension in [100, 550] {
        Benchmark("distances of 64 embeddings, 1 patch, d=\(dimension)") { benchmark, bench in
            for _ in benchmark.scaledIterations { bench.measure() }
        } setup: {
            try DistanceBench(dimension: dimension)
        }
    }
    Benchmark("map of 56x56 distances") { benchmark, maps in
        let distances = [Float](repeating: 1, count: 56 * 56)
        for _ in benchmark.scaledIterations { blackHole(maps.map(distances)) }
    } setup: {
        try MapMaker(grid: (56, 56), input: (224, 224), .repeatingEdge, .best)
    }
}

private final class DistanceBench {
    private let dimension: Int
    private let kernels: UnsafePointer<StatisticsKernels>
    private let lanes, mean, whitening, scratch, distances: AlignedBuffer<Float>
    private static let images = 64

    init(dimension: Int) throws {
        self.dimension = dimension
        kernels = try InstructionSet.best.statisticsKernels()
        lanes = try AlignedBuffer(zeros: statistics_lanes(Int32(Self.images)) * dimension)
        mean = try AlignedBuffer(zeros: dimension)
        whitening = try AlignedBuffer(zeros: dimension * (dimension + 1) / 2)
        scratch = try AlignedBuffer(zeros: statistics_distance_scratch(Int32(dimension), Int32(Self.images)))
        distances = try AlignedBuffer(zeros: Self.images)
        for place in 0..<lanes.count { lanes.pointer[place] = Float(place % 97) / 97 }
        for place in 0..<whitening.count { whitening.pointer[place] = Float(place % 89) / 89 }
    }

    func measure() {
        var part = LanePart(lanes: lanes.pointer, channels: Int32(dimension))
        kernels.pointee.distances(
            &part, 1, Int32(Self.images), mean.pointer, whitening.pointer, scratch.pointer, distances.pointer)
    }
}
