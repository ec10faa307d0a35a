import Foundation
import Simulator
import Testing

@Suite struct SimulationTests {
    /// What the seeds below must have gone through, each many times: a simulator that no longer reaches a fault proves nothing.
    let rehearsed = [
        "blob fetched", "breach of the protocol", "cache full for a blob", "cache full for a piece",
        "coordinator died between two steps",
        "coordinator killed", "coordinator paused",
        "coordinator poisoned", "coordinator stopped", "damaged partial folded again", "disk full",
        "disk full for a commit", "disk full for a discard", "disk full for a new file", "disk full for a phase",
        "disk full for a sync", "disk full for an end in order", "disk full for an epoch",
        "disk full for bytes of a file", "given model calibrated", "images taken out",
        "command that takes images out", "audit", "shards confirmed by an audit", "shards that nobody else could audit",
        "audit of scores", "audit of a calibration",
        "sums found to be of other features", "worker found to be wrong",
        "disk full for deaths", "disk full for reopened images", "disk full for results", "disk full for the blame",
        "disk full for what is in hand", "garbled message dropped", "good image marked as poison",
        "image marked as poison", "image not to be had", "image served", "image vanished",
        "images added", "job ended: disk", "job ended: noWorker",
        "job ended: tooManyFailures",
        "merge declined", "merged by workers", "merged file copied", "message cut off",
        "message doubled", "message lost", "model calibrated", "model made again", "model that waits was lost",
        "partial refused", "partials added up",
        "partition both ways", "partition one way",
        "pictures lost", "power cut",
        "range merged", "worker takes no part in a merge",
        "poison found by several coordinators", "same command again", "second job", "shard dealt twice",
        "shard given up", "shard split",
        "shards in hand blamed",
        "start after a cut", "stray partial swept", "sums adopted", "sums not stored", "sums of a dead worker removed",
        "sums found impossible together", "worker asked to leave",
        "worker declared dead", "worker died between two steps", "worker died while it wrote sums", "worker hangs",
        "worker killed", "worker paused",
        "worker poisoned",
        "worker reconnected", "worker refused", "worker stuck", "worker unfit",
    ]

    @Test func fifteenThousandSeedsKeepThePromise() async {
        let threads = ProcessInfo.processInfo.activeProcessorCount
        let result = await Sweep(0..<15_000, threads: threads).run { print($0) }
        #expect(result.failures.map(\.seed) == [], "the histories are in the output")
        let lies = Lie.allCases.map { "worker lies: \($0)" }
        let wrong = AuditLies.Kind.allCases.map { "worker computes wrongly: \($0)" }
        for name in rehearsed + lies + wrong {
            #expect(result.tally.counts[name, default: 0] >= 10, "\(name)")
        }
    }

    /// A disk that stays slow takes longer than jobs were given once, and more may wait for it than was thought; a bad one may put right what it
    /// has changed; and a job that was never done need not have a model. In the last one a worker dies while the disk notes what is in hand.
    @Test(arguments: [300_072, 307_761, 41_031_348, 41_032_361, 52_001_388, 52_012_345, 72_019_202] as [UInt64])
    func seedsThatFailedKeepThePromise(_ seed: UInt64) {
        #expect(World.run(seed: seed).violations == [])
    }

    @Test(arguments: Flaw.allCases) func aDeliberateBugIsFound(_ flaw: Flaw) {
        let found = (0..<UInt64(4_000)).first { !World.run(seed: $0, flaw: flaw).violations.isEmpty }
        #expect(found != nil, "nobody notices: \(flaw.words)")
    }

    @Test func theSameSeedIsTheSameStory() {
        for seed in UInt64(0)..<20 {
            let one = World.run(seed: seed, keepsHistory: true)
            #expect(one.history.count > 10)
            #expect(one.history == World.run(seed: seed, keepsHistory: true).history, "seed \(seed)")
            #expect(one.tally.counts == World.run(seed: seed).tally.counts, "seed \(seed)")
        }
    }

    /// Hash tables are in another order in every process; a story must not be.
    @Test func theStoryIsTheSameInAnotherProcess() throws {
        func tell() throws -> String {
            let process = Process()
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            process.executableURL = URL(
                fileURLWithPath: (tests as NSString).deletingLastPathComponent + "/simulate")
            process.arguments = ["--seeds", "10", "--from", "50", "--threads", "1", "--history"]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            // The last line has the time that it took.
            return text.split(separator: "\n").dropLast().joined(separator: "\n")
        }
        let story = try tell()
        #expect(story.contains("coordinator  starts job 0"))
        #expect(try tell() == story)
    }
}
