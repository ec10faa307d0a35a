import Compute
import Gaussian
import Tensors
import TestSupport
import Testing

@Suite struct StatisticsTests {
    @Test(arguments: [1, 2, 5, 8, 12, 17, 33, 100, 113])
    func sumsAreExact(dimension: Int) throws {
        let sample = Sample(images: 9, patches: 3, dimension: dimension, seed: UInt64(dimension))
        let words = try sample.statistics().words
        var expected: [Int64] = []
        for patch in 0..<sample.patches {
            let rows = sample.images.map { $0[patch * dimension..<(patch + 1) * dimension].map(Int64.init) }
            for i in 0..<dimension { expected.append(rows.reduce(0) { $0 + $1[i] }) }
            for i in 0..<dimension {
                for j in 0...i { expected.append(rows.reduce(0) { $0 + $1[i] * $1[j] }) }
            }
        }
        #expect(words == expected)
    }

    @Test(arguments: InstructionSet.available, [3, 40, 101])
    func anySplitInAnyOrderGivesTheSameBytes(set: InstructionSet, dimension: Int) throws {
        let sample = Sample(images: 47, patches: 5, dimension: dimension, seed: 7)
        let expected = try sample.statistics(nil, .baseline).content
        var random = SeededGenerator(seed: UInt64(dimension))
        for _ in 0..<6 {
            // Shuffled images go, in batches of random size, to random ones of some accumulators, which add in random order.
            let accumulators = try (0..<Int.random(in: 1...4, using: &random)).map { _ in
                try Statistics(patches: sample.patches, dimension: dimension, instructionSet: set)
            }
            var left = sample.images.indices.shuffled(using: &random)[...]
            while !left.isEmpty {
                let batch = left.prefix(Int.random(in: 1...20, using: &random))
                left = left.dropFirst(batch.count)
                let target = accumulators[Int.random(in: accumulators.indices, using: &random)]
                try sample.fold(Array(batch), into: target, patchesAtATime: Int.random(in: 1...5, using: &random))
            }
            let order = accumulators.shuffled(using: &random)
            for other in order.dropFirst() { try order[0].add(other) }
            #expect(try order[0].content == expected)
        }
    }

    @Test func threadsGiveTheSameBytes() throws {
        let sample = Sample(images: 130, patches: 24, dimension: 20, seed: 11)
        let rows = sample.rows(Array(sample.images.indices))
        let expected = try sample.statistics().words
        for threads in [1, 2, 3, 7] {
            let statistics = try Statistics(patches: 24, dimension: 20)
            try ThreadCrew(threads: threads).forEach(8) { index, _ in
                try rows.withUnsafeBufferPointer {
                    guard let start = $0.baseAddress else { return }
                    try statistics.fold(
                        start + index * 3 * 130 * 20, images: 130, patches: index * 3..<index * 3 + 3)
                }
            }
            #expect(try statistics.words == expected)
        }
    }

    @Test func subtractingWhatWasAddedGivesTheOriginalBytes() throws {
        let sample = Sample(images: 30, patches: 4, dimension: 31, seed: 3)
        let first = try sample.statistics(Array(0..<17))
        let before = try first.content
        let second = try sample.statistics(Array(17..<30))
        try first.add(second)
        #expect(try first.content == sample.statistics().content)
        try first.subtract(second)
        #expect(try first.content == before)
    }

    @Test(arguments: InstructionSet.available)
    func valuesAtTheLimitStayExact(set: InstructionSet) throws {
        // More images than a block of the kernel, every product at its largest.
        let statistics = try Statistics(patches: 1, dimension: 9, instructionSet: set)
        let limit = Int32(FixedPointGrid.limit)
        let rows = [Int32](repeating: -limit, count: 1000 * 9)
        for _ in 0..<3 { try statistics.fold(rows, images: 1000, patches: 0..<1) }
        let words = try statistics.words
        #expect(words[..<9].allSatisfy { $0 == -3000 * Int64(limit) })
        #expect(words[9...].allSatisfy { $0 == 3000 * Int64(limit) * Int64(limit) })
    }

    @Test func moreImagesThanTheSumsHoldAreRefused() throws {
        let sample = Sample(images: 2, patches: 1, dimension: 2, seed: 1)
        let full = try sample.statistics()
        full.didFold(images: Int(Statistics.maximumCount) - 2, clamped: 0)
        let before = try full.content
        #expect(throws: GaussianError.self) { try sample.fold([0], into: full) }
        #expect(throws: GaussianError.self) { try full.add(sample.statistics()) }
        #expect(try full.content == before)
    }

    @Test func anOverflowIsRefusedAndChangesNothing() throws {
        // Sums that grow as Fibonacci's numbers, and never count an image.
        let rows = [Int32](repeating: Int32(FixedPointGrid.limit), count: 2)
        var (a, b) = try (Statistics(patches: 1, dimension: 2), Statistics(patches: 1, dimension: 2))
        try a.fold(rows, images: 1, patches: 0..<1)
        try b.fold(rows, images: 1, patches: 0..<1)
        var refused = false
        for _ in 0..<60 where !refused {
            let before = try a.content
            do {
                try a.add(b)
            } catch is GaussianError {
                refused = true
                #expect(try a.content == before)
            }
            (a, b) = (b, a)
        }
        #expect(refused)
    }

    @Test func whatWasNeverAddedCannotBeSubtracted() throws {
        let sample = Sample(images: 5, patches: 2, dimension: 4, seed: 2)
        let few = try sample.statistics([0, 1])
        let before = try few.content
        #expect(throws: GaussianError.self) { try few.subtract(sample.statistics()) }
        #expect(try few.content == before)
    }

    @Test func shapesThatDifferAreRefused() throws {
        let (a, b) = try (Statistics(patches: 2, dimension: 3), Statistics(patches: 3, dimension: 3))
        #expect(throws: GaussianError.self) { try a.add(b) }
        #expect(throws: GaussianError.self) { try a.subtract(b) }
        #expect(throws: GaussianError.self) { _ = try Statistics(patches: 0, dimension: 3) }
        #expect(throws: GaussianError.self) { _ = try Statistics(patches: 1, dimension: Int.max) }
        #expect(throws: GaussianError.self) { try a.withChunk(patches: 1..<3) { _ in } }
    }

    @Test func resetForgetsEverything() throws {
        let sample = Sample(images: 5, patches: 2, dimension: 4, seed: 2)
        let statistics = try sample.statistics()
        statistics.reset()
        #expect(try statistics.content == Statistics(patches: 2, dimension: 4).content)
        try sample.fold(Array(0..<5), into: statistics)
        #expect(try statistics.content == sample.statistics().content)
    }

    @Test func chunksPutTogetherAreTheWhole() throws {
        let statistics = try Sample(images: 5, patches: 7, dimension: 4, seed: 2).statistics()
        let whole = try statistics.withChunk(patches: 0..<7) { Array($0) }
        #expect(whole.count == Statistics.chunkByteCount(patches: 7, dimension: 4))
        let parts = try [0..<3, 3..<4, 4..<7].flatMap { range in
            try statistics.withChunk(patches: range) { Array($0) }
        }
        #expect(parts == whole)
    }
}
