import Cluster
import Gaussian
import Settings
import Storage
import Testing

/// Shards that are computed once more by others: who is asked, and who is found to be wrong.
@Suite struct AuditTests {
    let work: Work

    init() throws {
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        work = .audit(
            space: space, weights: Blob(digest: Digest(of: [2]), byteCount: 3, path: "/none"),
            audit: AuditOrder(seed: 7))
    }

    static let content = [UInt8(1)].withUnsafeBytes { ContentDigest(of: $0) }

    /// Shards of one image, and who folded each.
    private func hall(_ makers: [String], _ set: String = "avx2") -> AuditHall {
        AuditHall(work, makers.map { ($0, set) }) { image in
            AuditStatement(Fingerprint(reducing: 5), contents: [image: Self.content])
        }
    }

    @Test func anotherWorkerIsAskedAndConfirms() throws {
        var hall = hall(["a", "b"])
        hall.join("a")
        hall.join("b", "avx512")
        #expect(hall.leases["a"]?.map(\.shard) == [2] && hall.leases["b"]?.map(\.shard) == [1])
        hall.report("a", 5)
        #expect(hall.findings == nil)
        hall.report("b", 5)
        let found = try #require(hall.findings)
        #expect(found.confirmed == [1: "b", 2: "a"] && found.wrong.isEmpty && found.unseen.isEmpty)
    }

    @Test(arguments: [true, false]) func theThirdDecides(_ isMakerWrong: Bool) throws {
        var hall = hall(["a"])
        for name in ["a", "b"] { hall.join(name) }
        hall.report("b", 6)
        #expect(hall.findings == nil && hall.leases["a", default: []].isEmpty && hall.leases["b"]?.isEmpty == true)
        hall.join("c")
        hall.report("c", isMakerWrong ? 6 : 5)
        let found = try #require(hall.findings)
        let wrong = isMakerWrong ? "a" : "b"
        #expect(found.wrong == [wrong: [1]])
        #expect(found.confirmed == (isMakerWrong ? [:] : [1: "c"]))
        // It is not taken in any more.
        hall.join(wrong, ready: nil)
        #expect(hall.refused == [wrong])
        hall.join("d", ready: nil)
        #expect(hall.refused == [wrong])
    }

    /// What a worker that was wrong has folded need not be looked at, and what it confirmed counts no more.
    @Test func whatAWrongWorkerSaidCountsNoMore() throws {
        var hall = hall(["b", "a", "a", "a"])
        hall.join("a")
        #expect(hall.leases["a"]?.map(\.shard) == [1])
        hall.report("a", 5)
        hall.join("b")
        hall.join("c")
        hall.report("b", 6)
        hall.report("c", 6)
        while hall.findings == nil, hall.leases.values.contains(where: { !$0.isEmpty }) {
            hall.report("b", 6)
            hall.report("c", 6)
        }
        let found = try #require(hall.findings)
        #expect(Array(found.wrong.keys) == ["a"])
        #expect(found.confirmed.isEmpty && found.unseen.isEmpty && found.undecided.isEmpty)
    }

    @Test func twoAloneCannotDecide() throws {
        var hall = hall(["a"])
        for name in ["a", "b"] { hall.join(name) }
        hall.report("b", 6)
        hall.wait(29_000)
        #expect(hall.findings == nil)
        hall.wait(3_000)
        #expect(hall.findings?.undecided == [1: ["a", "b"]])
        #expect(hall.refused.isEmpty)
    }

    @Test func onlyWorkersWithTheSameBitsAreAsked() throws {
        var hall = hall(["a"], "baseline")
        for (name, set) in [("b", "avx2"), ("c", "neon"), ("d", "other")] { hall.join(name, set) }
        #expect(hall.leases.values.filter { !$0.isEmpty }.isEmpty)
        hall.wait(32_000)
        #expect(hall.findings?.unseen == [1: "a"])
    }

    @Test func whoFindsOtherImagesIsNotCounted() throws {
        var hall = hall(["a"])
        hall.join("b")
        hall.report("b", 6, contents: [[UInt8(2)].withUnsafeBytes { ContentDigest(of: $0) }])
        #expect(hall.findings == nil)
        hall.join("c")
        hall.report("c", 5)
        #expect(hall.findings?.confirmed == [1: "c"] && hall.findings?.wrong.isEmpty == true)
    }

    /// Nobody is blamed for what is computed once more, and it goes on with others.
    @Test func whoDiesOfAnAuditBlamesNothing() throws {
        var hall = hall(["a"])
        for name in ["b", "c"] {
            hall.join(name)
            hall.take(hall.core.handle(.processEnded(name: name), at: .start))
        }
        hall.join("d")
        hall.take(hall.core.handle(.processEnded(name: "d"), at: .start))
        // The third end is enough: it stays as it is.
        #expect(hall.findings?.fatal == [1: "a"] && hall.findings?.unseen.isEmpty == true)
    }

    /// Nobody is asked by name of what an earlier run has found.
    @Test func anEarlierAuditIsRemembered() {
        var core = CoordinatorCore(
            limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7, distrusted: ["a": "it is"])
        let said = core.handle(
            .received(
                .hello(version: Wire.version, incarnation: 5, name: "a", threads: 1, instructionSet: "avx2"),
                payload: [], from: AuditHall.address("a")), at: .start)
        #expect(
            said.contains(.send(.refused(reason: "what it computes is wrong: it is"), to: AuditHall.address("a"))))
    }

    @Test func kindsOfBits() {
        func kind(_ set: String, _ isInteger: Bool = false) -> String {
            FeatureKind.name(of: set, isInteger: isInteger)
        }
        #expect(Set(["avx2", "avx512", "neon"].map { kind($0) }).count == 1)
        #expect(Set(["avx2", "baseline", "numpy"].map { kind($0) }).count == 3)
        #expect(Set(["avx2", "baseline", "numpy"].map { kind($0, true) }).count == 1)
    }
}
