import JobRules
import Journal
import Storage
import Testing

/// Which shards are computed once more.
@Suite struct AuditSelectionTests {
    private func shards(_ count: Int, of workers: Int) -> [AuditableShard] {
        (0..<count).map { place in
            AuditableShard(
                shard: ShardRecord(
                    id: ShardID(1).advanced(by: place), role: .normal, firstImage: ImageID(1).advanced(by: 8 * place),
                    images: 8, isCommitted: true, attempts: 0),
                maker: ResultMaker(worker: "\(place % workers)", instructionSet: "avx2"),
                fingerprint: .zero, auditedBy: nil)
        }
    }

    @Test func theShareIsKeptAndEachWorkerHasOne() {
        let all = shards(4_000, of: 5)
        for percent in [0.5, 10, 50] {
            let chosen = AuditSelection(seed: 3, percent: percent).chosen(of: all)
            #expect(abs(Double(chosen.count) / 40 - percent) < 2.5, "\(chosen.count)")
            #expect(Set(chosen.map(\.maker.worker)).count == 5)
        }
        #expect(AuditSelection(seed: 3, percent: 100).chosen(of: all) == all)
        #expect(AuditSelection(seed: 3, percent: 1e-9).chosen(of: all).count == 5)
    }

    /// It follows from the seed and the images: not from the other shards, nor from the order.
    @Test func itDependsOnTheSeedAlone() {
        let all = shards(400, of: 1)
        let chosen = AuditSelection(seed: 3, percent: 20).chosen(of: all)
        #expect(AuditSelection(seed: 3, percent: 20).chosen(of: all.reversed()).reversed() == chosen)
        let half = AuditSelection(seed: 3, percent: 20).chosen(of: Array(all.prefix(200)))
        #expect(half == chosen.filter { all.prefix(200).contains($0) })
        #expect(AuditSelection(seed: 4, percent: 20).chosen(of: all) != chosen)
    }
}
