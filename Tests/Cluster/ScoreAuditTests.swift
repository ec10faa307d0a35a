import Cluster
import Settings
import Storage
import Testing

/// Scores that others find once more: when they agree, and who is found to be wrong.
@Suite struct ScoreAuditTests {
    private static let blob = Blob(digest: Digest(of: [2]), byteCount: 3, path: "/none")

    static func work(tellsContents: Bool = true) -> Work {
        .inspect(
            model: blob, weights: blob,
            order: InspectionOrder(
                settings: InspectionSettings(overlays: .all), mapScaleExponent: 8, firstColor: 10, lastColor: 40,
                directory: "/none", probe: "probe", probeValue: "1", tellsContents: tellsContents
            ).ofScoresAlone)
    }

    /// Shards of one image, each with the score 5, and who scored it.
    private func hall(_ makers: [String], _ set: String = "avx2") -> AuditHall {
        AuditHall(Self.work(), makers.map { ($0, set) }) { image in
            AuditStatement(
                scores: [image: .init(score: 5, maxRow: 0, maxColumn: 0)], contents: [image: AuditTests.content])
        }
    }

    @Test func nothingIsWrittenBesideScores() {
        guard case .inspect(_, _, let order) = Self.work() else {
            Issue.record("it is no inspection")
            return
        }
        #expect(!order.hasArtifacts && order.tellsContents)
    }

    /// Equal bits are due of the same kind of bits, and else what is near.
    @Test(arguments: [
        ("avx512", Float(5), 0, true), ("avx2", Float(5).nextUp, 0, false), ("avx2", 5, 1, false),
        ("baseline", Float(5).nextUp, 1, true), ("baseline", 5.04, 0, true), ("baseline", 5.06, 0, false),
        ("numpy", 4.96, 0, true), ("numpy", 4.94, 0, false), ("numpy", 0, 0, false),
    ]) func whatAgrees(_ set: String, _ score: Float, _ row: Int, _ agrees: Bool) throws {
        var hall = hall(["a"])
        hall.join("b", set)
        hall.score("b", score, row: row)
        #expect(hall.findings?.confirmed == (agrees ? [1: "b"] : nil))
    }

    @Test(arguments: [true, false], ["avx2", "baseline"]) func theThirdDecides(_ isMakerWrong: Bool, _ set: String)
        throws
    {
        var hall = hall(["a"])
        for name in ["a", "b"] { hall.join(name) }
        hall.score("b", 6)
        #expect(hall.findings == nil && hall.leases["a", default: []].isEmpty)
        hall.join("c", set)
        hall.score("c", isMakerWrong ? 6 : 5)
        let found = try #require(hall.findings)
        let wrong = isMakerWrong ? "a" : "b"
        #expect(found.wrong == [wrong: [1]] && found.confirmed == (isMakerWrong ? [:] : [1: "c"]))
        hall.join(wrong, ready: nil)
        #expect(hall.refused == [wrong])
    }

    /// Two of the same kind differ in the last bit, and a third cannot tell which is right: nobody is called wrong, and the score is near enough.
    @Test func whoCannotTellBlamesNobody() throws {
        var hall = hall(["a"])
        hall.join("b")
        hall.score("b", Float(5).nextUp)
        #expect(hall.findings == nil)
        hall.join("c", "baseline")
        hall.score("c", 5.01)
        #expect(hall.findings == nil)
        hall.join("d")
        hall.score("d", 5)
        #expect(hall.findings?.wrong == ["b": [1]] && hall.findings?.confirmed == [1: "d"])
    }

    /// Who cannot do a shard is not asked again, and others are.
    @Test func whoGivesUpIsPassedOver() throws {
        var hall = hall(["a"])
        hall.join("b")
        for _ in 0..<3 {
            hall.giveUp("b")
            hall.join("b")
        }
        #expect(hall.leases["b"]?.isEmpty != false && hall.findings == nil)
        hall.join("c")
        hall.score("c", 5)
        #expect(hall.findings?.confirmed == [1: "c"])
    }

    @Test func twoAloneCannotDecide() throws {
        var hall = hall(["a"])
        for name in ["a", "b"] { hall.join(name) }
        hall.score("b", 6)
        hall.wait(32_000)
        #expect(hall.findings?.undecided == [1: ["a", "b"]])
    }

    /// Who reads another content, or none, tells nothing of the score.
    @Test(arguments: [nil, [UInt8(2)].withUnsafeBytes { ContentDigest(of: $0) }])
    func whoFindsAnotherImageIsNotCounted(_ content: ContentDigest?) throws {
        var hall = hall(["a"])
        hall.join("b")
        hall.score("b", 6, content: content)
        #expect(hall.findings == nil)
        hall.join("c")
        hall.score("c", 5)
        #expect(hall.findings?.confirmed == [1: "c"] && hall.findings?.wrong.isEmpty == true)
    }

    /// A score without its content, where it is asked for, is nothing to compare.
    @Test func contentsAreDue() {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let toDo = ShardsToDo(
            shards: [ShardRange(id: 1, first: 1, count: 1)], lastShard: 1, failures: 0, mostFailures: .max)
        _ = core.handle(.openStage(Stage(number: 1, work: Self.work()), toDo), at: .start)
        let here = WorkerAddress(bytes: [1])
        func say(_ message: WorkerMessage) -> [CoordinatorDirective] {
            core.handle(.received(message, payload: [], from: here), at: .start)
        }
        var session: SessionID = 0
        for case .send(.welcome(let given, _, _, _), _) in say(
            .hello(version: Wire.version, incarnation: 5, name: "w", threads: 1, instructionSet: "avx2"))
        { session = given }
        var lease: LeaseID = 0
        for case .deal(_, let given, _, _) in say(.prepared(session: session, stage: 1)) { lease = given }
        let outcome = ImageOutcome(id: 1, score: 5, maxRow: 0, maxColumn: 0, flagged: nil)
        let said = say(.scored(session: session, lease: lease, outcomes: [outcome], pictures: 0))
        #expect(
            said.contains {
                if case .note(.breach(_, _, let reason, _)) = $0 {
                    reason.contains("nothing of its content")
                } else {
                    false
                }
            })
    }

    @Test func calibrationsAreCompared() throws {
        func statement(_ score: Float, sum: Int64, ofBackground: Int64 = 0) -> AuditStatement {
            AuditStatement(
                scores: [1: .init(score: score, maxRow: 0, maxColumn: 0)],
                CalibrationPayload(scores: [[score]], lotScores: nil, sums: [sum, ofBackground], lotMean: nil))
        }
        let said = statement(5, sum: 1_000)
        #expect(said.agrees(with: said, hasSameBits: true))
        #expect(!said.agrees(with: statement(5, sum: 1_001), hasSameBits: true))
        #expect(said.agrees(with: statement(5.01, sum: 1_015), hasSameBits: false))
        #expect(!said.agrees(with: statement(5.1, sum: 1_000), hasSameBits: false))
        #expect(!said.agrees(with: statement(5, sum: 1_030), hasSameBits: false))
        #expect(!said.agrees(with: AuditStatement(.zero, contents: [:]), hasSameBits: false))
        // Where nothing ever changes a distance is rounding alone.
        let large = statement(5, sum: 1_000_000)
        #expect(large.agrees(with: statement(5, sum: 1_000_000, ofBackground: 150), hasSameBits: false))
        #expect(!large.agrees(with: statement(5, sum: 1_000_000, ofBackground: 300), hasSameBits: false))
    }
}
