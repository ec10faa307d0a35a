import Foundation
import ImageLists
import Inspection
import Journal
import Storage
import TestSupport
import Testing
import Thresholds

/// A threshold that is printed and given again flags what it flagged when it was printed.
@Suite struct ThresholdTests {
    /// Neighbours in the last bit, numbers whose shortest text is above them as a Double, and others over all magnitudes.
    static func scores(seed: UInt64) -> [Float] {
        var random = SeededGenerator(seed: seed)
        let drawn = (0..<200).map { _ in Float(random.below(1 << 24)) / Float(1 + random.below(1 << 20)) }
        let any = (0..<200).map { _ in Float(bitPattern: UInt32(random.below(0x7F80_0000))) }
        let roundedUp = drawn.filter { Double("\($0)") ?? 0 > Double($0) }
        return drawn + any + roundedUp.prefix(50).flatMap { [$0, $0.nextUp, $0.nextDown] } + [
            0, .leastNonzeroMagnitude,
        ]
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>) func thePrintedThresholdFlagsWhatWasCounted(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed + 1_000)
        let labelled = Self.scores(seed: seed).map { LabelledScore($0, isAnomalous: random.percent(50)) }
        let evaluation = Evaluation(ranking: try #require(RankingMetrics(labelled)))
        let line = try #require(evaluation.lines.first { $0.name == "best F1" })
        let printed = try #require(Float(String(line.value.split(separator: " ").last ?? "")))
        let confusion = Confusion(labelled, threshold: Threshold(printed))
        #expect(confusion.f1 == evaluation.ranking.bestF1)
        // The JSON that `evaluate --json` prints names the same number.
        let json = try JSONEncoder().encode(evaluation)
        #expect(try JSONDecoder().decode(Evaluation.self, from: json) == evaluation)
        for score in labelled.map(\.score) {
            let reread = try #require(Float("\(score)"))
            #expect(Threshold(reread).flags(score))
            #expect(!Threshold(reread.nextUp).flags(score))
        }
    }

    /// What the journal keeps of the job's threshold is the number that the workers flagged by; also what earlier releases
    /// wrote, which was the same number with the digits of a Double.
    @Test func theJournalKeepsTheNumber() throws {
        let job = try FinishedJob(threshold: nil)
        for score in Self.scores(seed: 7).prefix(100) {
            try job.journal.set(.threshold, to: score)
            #expect(try job.journal.value(.threshold) == score)
            try job.journal.set(JournalKey<Double>("threshold"), to: Double(score))
            #expect(try job.journal.value(.threshold) == score)
        }
    }

    /// By the threshold that an evaluation names, the table flags as many images as the evaluation counted.
    @Test func theTableFlagsWhatTheEvaluationCounted() throws {
        // The shortest text of this score is above it where it is read as a Double.
        let score: Float = 33.15019
        #expect(try #require(Double("\(score)")) > Double(score))
        let folder = try TemporaryFolder()
        let journal = try Journal.open(
            JobDirectory(folder["job"]), job: JobRecord(kind: .inspect, settings: [:], lists: [:]))
        let scores = [score, score.nextDown, score + 2, 3]
        let records = scores.indices.map {
            ImageRecord(path: "\($0).png", location: .file(folder["\($0).png"]), output: "\($0)")
        }
        try journal.register(records, role: .inspect, shardSize: scores.count)
        let shard = try journal.shards(.inspect)[0].id
        try journal.commitResults(
            shard: shard, role: .inspect,
            results: zip(journal.images(ofShard: shard), scores).map {
                ImageResult(image: $0.id, score: $1, maxRow: 0, maxColumn: 0)
            })
        let list = try folder.file(
            "truth.csv", Array("image_path,label_index\n0.png,1\n1.png,0\n2.png,1\n3.png,0\n".utf8))
        let evaluation = try Evaluator(journal, Truth(ImageList.read([list]))).evaluate()
        #expect(evaluation.ranking.bestF1 == 1 && evaluation.ranking.bestThreshold == score)
        let printed = try #require(Float("\(evaluation.ranking.bestThreshold)"))
        let path = folder["flagged.csv"]
        try ResultsTable.export(journal, threshold: Threshold(printed), to: path)
        let flagged = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").dropFirst().count {
            $0.split(separator: ",", omittingEmptySubsequences: false)[5] == "1"
        }
        #expect(flagged == 2)
    }

    /// Programs read what `padim evaluate --json` prints, so its names do not change.
    @Test func namesInJSONStay() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(Confusion([], threshold: Threshold(1)))
        #expect(String(decoding: json, as: UTF8.self) == #"{"falseAlarms":0,"found":0,"missed":0,"passed":0}"#)
    }
}
