import Cluster
import Storage
import TestSupport
import Testing

/// Text from the other side is cut to a bounded length and never breaks a log line.
@Suite struct ReportedTextTests {
    @Test(arguments: 0..<50 as Range<UInt64>) func anyTextIsOneBoundedLine(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var text = String.UnicodeScalarView()
        for _ in 0..<random.below(3_000) {
            let pick = UInt32(random.below(4))
            let value =
                pick == 0
                ? UInt32(random.below(0x20))
                : pick == 1 ? 0x2000 + UInt32(random.below(0x70)) : UInt32(random.below(0x11_0000))
            if let scalar = Unicode.Scalar(value) { text.append(scalar) }
        }
        for most in [0, 1, 3, 200, 1_000] {
            let cleaned = ReportedText.cleaned(String(text), most: most)
            #expect(cleaned.unicodeScalars.count <= most)
            for scalar in cleaned.unicodeScalars {
                #expect(scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value))
                // Line and paragraph separators, and marks that turn the text around.
                #expect(!(0x2028...0x202E).contains(scalar.value) && !(0x2066...0x2069).contains(scalar.value))
            }
            #expect(ReportedText.cleaned(cleaned, most: most) == cleaned)
        }
    }

    @Test func plainTextStays() {
        for text in ["", "/bilder/größe 1.png: no such file", "欠陥.png", String(repeating: "a", count: 1_000)] {
            #expect(ReportedText.reason(text) == text)
        }
    }

    /// All that a worker can write comes out so: in the log, and in what is stored.
    @Test func everyWordOfAWorkerIsCleaned() throws {
        let evil = "no\n2026 error \u{1B}[31m\u{202E}" + String(repeating: "x", count: 5_000)
        func isClean(_ text: String) -> Bool { text == ReportedText.reason(text) && !text.contains("\n") }
        let here = WorkerAddress(bytes: [1])
        for inspects in [false, true] {
            var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
            let toDo = ShardsToDo(
                shards: [ShardRange(id: 1, first: 1, count: 2), ShardRange(id: 2, first: 3, count: 2)], lastShard: 2,
                failures: 0, mostFailures: .max)
            let stage = Stage(number: 1, work: try BreachTests.work(inspects: inspects))
            _ = core.handle(.openStage(stage, toDo), at: .start)
            func hear(_ message: WorkerMessage, _ core: inout CoordinatorCore) -> [CoordinatorDirective] {
                core.handle(.received(message, payload: [], from: here), at: .start)
            }
            var said = hear(
                .hello(version: Wire.version, incarnation: 1, name: evil, threads: 1, instructionSet: evil), &core)
            let session = try #require(
                said.compactMap { if case .send(.welcome(let session, _, _, _), _) = $0 { session } else { nil } }.first
            )
            said += hear(.prepared(session: session, stage: 1), &core)
            let lease = try #require(
                said.compactMap { if case .deal(_, let lease, _, _) = $0 { lease } else { nil } }.first)
            let failures = [ImageFailure(id: 1, reason: evil)]
            said += hear(
                inspects
                    ? .scored(
                        session: session, lease: lease,
                        outcomes: [
                            ImageOutcome(id: 1, failure: evil),
                            ImageOutcome(id: 2, score: 1, maxRow: 0, maxColumn: 0, flagged: nil),
                        ], pictures: 0) : .folded(session: session, lease: lease, failures: failures), &core)
            said += hear(.unfit(session: session, stage: 1, reason: evil), &core)
            said += hear(.gaveUp(session: session, lease: lease.next, reason: evil), &core)
            var words = 0
            for directive in said {
                let texts: [String] =
                    switch directive {
                    case .note(.joined(let name, _, let set)): [name, set]
                    case .note(.ineligible(let name, let reason)), .note(.abandoned(let name, _, let reason)):
                        [name, reason]
                    case .commitResults(_, let outcomes, _, _, _): outcomes.compactMap(\.failure)
                    default: []
                    }
                words += texts.count
                #expect(texts.allSatisfy(isClean))
            }
            #expect(words >= (inspects ? 5 : 4))
        }
    }
}
