import Benchmark
import Foundation

/// Each part of an image's way on its own, in the ecosystem's harness: `scripts/bench --only kernels`.
///
/// One thread, the best instruction set. For looking at one kernel while working on it; how we stand beside others is
/// measured in Comparisons.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], warmupIterations: 2, maxDuration: .seconds(2), maxIterations: 2000)
    registerImaging()
    registerStatistics()
    registerScoring()
}
