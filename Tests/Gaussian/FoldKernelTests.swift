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
}
