import Compute
import Foundation
import Gaussian
import TestSupport
import Testing

@Suite struct DistanceTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: InstructionSet.available, [1, 5, 16, 37, 100])
    func anImagesBitsDoNotDependOnItsCompany(set: InstructionSet, dimension: Int) throws {
        let sample = Sample(images: dimension + 30, patches: 2, dimension: dimension, seed: 12)
        try ModelBuilder.build(
            from: sample.file(folder["s"]), epsilon: 0.01, to: folder["m"], crew: ThreadCrew(threads: 1))
        let model = try GaussianModel(path: folder["m"])
        var random = SeededGenerator(seed: 5)
        let rows = (0..<70).map { _ in (0..<dimension).map { _ in Float.random(in: -3...3, using: &random) } }
        let alone = try rows.map { try distances(of: [$0], model, 1, set)[0].bitPattern }
        for batch in [0..<70, 3..<70, 11..<28, 40..<73 - 3, 69..<70] {
            let together = try distances(of: Array(rows[batch]), model, 1, set).map(\.bitPattern)
            #expect(together == Array(alone[batch]))
        }
        // And a stretch of patches gives what each patch gives.
        let both = rows[0..<9].flatMap { $0 }
        var found = [Float](repeating: 0, count: 18)
        try model.distances(both + both, images: 9, patches: 0..<2, instructionSet: set, into: &found)
        #expect(found[9...].map(\.bitPattern) == Array(alone[0..<9]))
    }

    @Test func fusedSetsAgreeInEveryBit() throws {
        let sample = Sample(images: 100, patches: 1, dimension: 45, seed: 12)
        try ModelBuilder.build(
            from: sample.file(folder["s"]), epsilon: 0.01, to: folder["m"], crew: ThreadCrew(threads: 1))
        let model = try GaussianModel(path: folder["m"])
        let rows = (0..<7).map { row in (0..<45).map { Float($0 * row % 11) / 3 } }
        let bits = try InstructionSet.available.filter { $0 != .baseline }.map {
            try distances(of: rows, model, 0, $0).map(\.bitPattern)
        }
        #expect(Set(bits).count <= 1)
    }
}
