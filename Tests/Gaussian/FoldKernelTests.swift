import CKernels
import Compute
import Gaussian
import Tensors
import TestSupport
import Testing

/// The kernels that fold rows into a record, also those that a better one hides on this processor.
@Suite struct FoldKernelTests {
    private typealias Fold =
        @convention(c) (
            UnsafePointer<Int32>?, Int32, Int32, UnsafeMutablePointer<Double>?, UnsafeMutablePointer<Int64>?
        ) -> Void

    private func record(_ fold: Fold, _ rows: [Int32], images: Int, dimension: Int) throws -> [Int64] {
        let scratch = try AlignedBuffer<Double>(zeros: statistics_fold_scratch(Int32(dimension)))
        // What lies in the scratch memory must not reach the sums.
        for index in 0..<scratch.count { scratch.pointer[index] = .nan }
        let words = statistics_record_words(dimension)
        // A record among others: what is around it stays.
        var memory = [Int64](repeating: -7, count: words + 64)
        for index in 32..<32 + words { memory[index] = Int64(index) << 33 }
        memory.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            fold(rows, Int32(images), Int32(dimension), scratch.pointer, start + 32)
        }
        return memory
    }

    @Test(arguments: InstructionSet.available)
    func everyKernelGivesTheSameWords(set: InstructionSet) throws {
        let baseline = try #require(statistics_common_kernels(InstructionSetBaseline)?.pointee.fold)
        let folds = try [statistics_kernels(set.code), statistics_common_kernels(set.code)].map {
            try #require($0?.pointee.fold)
        }
        var random = SeededGenerator(seed: 5)
        let limit = Int32(FixedPointGrid.limit)
        let sizes = [
            (1, 1), (1, 2), (2, 3), (127, 5), (128, 16), (129, 17), (3, 31), (64, 32), (5, 33), (9, 47), (301, 50),
        ]
        for (images, dimension) in sizes + [(64, 100), (2, 129)] {
            for fill in 0..<3 {
                let rows = (0..<images * dimension).map { _ in
                    switch fill {
                    case 0: Int32.random(in: -limit...limit, using: &random)
                    case 1: Bool.random(using: &random) ? limit : -limit
                    default: Int32.random(in: -1025...1025, using: &random)
                    }
                }
                let expected = try record(baseline, rows, images: images, dimension: dimension)
                for fold in folds {
                    #expect(try record(fold, rows, images: images, dimension: dimension) == expected)
                }
            }
        }
    }

    /// Patches of which each has the last channels of the one before, from some channel on.
    @Test(arguments: InstructionSet.available)
    func runsGiveTheWordsOfTheirPatches(set: InstructionSet) throws {
        var random = SeededGenerator(seed: 6)
        let limit = Int32(FixedPointGrid.limit)
        for (images, dimension, patches) in [(3, 1, 4), (7, 9, 3), (130, 23, 5), (5, 64, 9), (64, 100, 8), (2, 129, 4)]
        {
            let changed = (0..<patches).map { _ in Int32.random(in: 0...Int32(dimension), using: &random) }
            var rows: [Int32] = []
            for (patch, changed) in changed.enumerated() {
                for _ in 0..<images {
                    for channel in 0..<dimension {
                        let before = rows.count - images * dimension
                        let isOld = patch > 0 && channel >= changed
                        rows.append(isOld ? rows[before] : Int32.random(in: -limit...limit, using: &random))
                    }
                }
            }
            let words = statistics_record_words(dimension)
            let scratch = try AlignedBuffer<Double>(zeros: statistics_fold_scratch(Int32(dimension)))
            for kernels in [statistics_kernels(set.code), statistics_common_kernels(set.code)] {
                let kernels = try #require(kernels).pointee
                for index in 0..<scratch.count { scratch.pointer[index] = .nan }
                var expected = [Int64](repeating: 11, count: patches * words + 32)
                var found = expected
                expected.withUnsafeMutableBufferPointer { buffer in
                    guard let start = buffer.baseAddress else { return }
                    for patch in 0..<patches {
                        let patchRows = Array(rows[patch * images * dimension..<(patch + 1) * images * dimension])
                        kernels.fold(
                            patchRows, Int32(images), Int32(dimension), scratch.pointer, start + patch * words)
                    }
                }
                for index in 0..<scratch.count { scratch.pointer[index] = .nan }
                found.withUnsafeMutableBufferPointer {
                    kernels.fold_run(
                        rows, Int32(images), Int32(dimension), changed, Int32(patches), scratch.pointer, $0.baseAddress)
                }
                #expect(found == expected)
            }
        }
    }
}
