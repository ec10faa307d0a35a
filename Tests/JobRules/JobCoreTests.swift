import Cluster
import JobRules
import Journal
import Simulator
import Storage
import Testing

/// What a job does after what, and how it ends.
@Suite struct JobCoreTests {
    private static let fit = JobStage.fit(mostFailures: 0)

    /// A job with a journal in memory, and answers to what its core asks.
    private struct Run {
        var core: JobCore
        var journal: SimulatedJournal
        /// Images of the stages that are taken up when their turn comes.
        var lateImages = 0
        /// What was asked, by name.
        var asked: [String] = []
        var notes: [JobNote] = []
        var ending: JobFailure?
        var hasEnded = false
        /// What is answered in the place of the usual, by the number of the question.
        var answers: [Int: JobEvent] = [:]
        var models: [UInt8] = [1]
        /// Whether the files of partials are gone.
        var isPartialLost = false
        /// Places of images that are taken out by their scores, round by round.
        var trims: [[Int]] = []
        /// Told of the shards that a stage is run on.
        var onRun: ([ShardRecord]) -> Void = { _ in }

        /// What audits find, and by whom images are folded, from run to run of the stage.
        var audits: [AuditFindings] = []
        var makers: [String] = []

        /// How many images come each time that the job waits for some.
        var growths: [Int] = []

        init(_ stages: [JobStage], inspected: Int = 4, normal: Int = 4, growths: [Int]? = nil) {
            core = JobCore(stages: stages, directory: "job", isWatching: growths != nil)
            journal = SimulatedJournal(JobSpec(normal: normal, inspected: inspected, shardSize: 2))
            self.growths = growths ?? []
        }

        mutating func run() throws {
            var event = JobEvent.begin
            while !hasEnded {
                let directives = core.handle(event)
                #expect(core.checkInvariants() == nil)
                for case .note(let note) in directives { notes.append(note) }
                let last = try #require(directives.last, "nothing is asked after \(event)")
                asked.append(String("\(last)".prefix { $0 != "(" }))
                if case .end(let failure) = last { (hasEnded, ending) = (true, failure) }
                event = try answers.removeValue(forKey: asked.count - 1) ?? answer(last)
            }
        }

        private mutating func answer(_ directive: JobDirective) throws -> JobEvent {
            if isPartialLost, case .examinePartials = directive {
                return .partialsExamined(journal.partials().map { ($0, "gone") })
            }
            if let answer = try JobBooks(journal: journal, files: NoFiles()).perform(directive) { return answer }
            switch directive {
            case .examineModel: return .modelExamined(damage: nil)
            case .prepare(let stage):
                guard lateImages > 0, [.scores, .heldOutScores].contains(stage.work) else {
                    return .prepared(StageFacts())
                }
                try journal.register(lateImages, role: stage.role, shardSize: 2)
                lateImages = 0
                return .prepared(StageFacts(hasTakenUpImages: true))
            case .run(let stage, let toDo):
                let shards = journal.shards(stage.role)
                onRun(toDo.shards.compactMap { shard in shards.first { $0.id == shard.id } })
                try commit(toDo, stage)
                return .stageEnded
            case .audit: return .audited(audits.isEmpty ? AuditFindings() : audits.removeFirst())
            case .awaitImages:
                guard !growths.isEmpty else { return .watchEnded }
                let images = growths.removeFirst()
                if images > 0 { try journal.register(images, role: .inspect, shardSize: 2) }
                return .grown(images: images, mostFailures: 1)
            case .trim:
                guard !trims.isEmpty else { return .trimmed(images: 0) }
                return .trimmed(images: try journal.beginExclusion(of: trims.removeFirst(), shardSize: 2))
            case .completeModel: return .modelCompleted(Self.model(models.removeFirst()).digest)
            case .makeModel: return .modelMade(Self.model(models.removeFirst()))
            case .discardImpossible:
                let partials = journal.partials()
                for partial in partials { try journal.discard(partial: partial.id) }
                return .discarded(partials: partials.count)
            default: return .done
            }
        }

        private mutating func commit(_ toDo: ShardsToDo, _ stage: JobStage) throws {
            let maker = makers.isEmpty ? nil : ResultMaker(worker: makers.removeFirst(), instructionSet: "avx2")
            for shard in toDo.shards {
                switch stage.work {
                case .sums:
                    var partial = PartialRecord(
                        file: "\(shard.id)-\(asked.count)", images: shard.count, clamped: 0, digest: Digest(of: [0]))
                    partial.maker = maker
                    _ = try journal.commit(
                        partial: partial, shards: [shard.id], role: stage.role, failures: [], poison: [],
                        contents: contents(shard), fingerprints: maker == nil ? [:] : [shard.id: .zero])
                case .scores, .heldOutScores:
                    try journal.commitResults(
                        shard: shard.id, role: stage.role,
                        results: shard.images.map { ImageResult(image: $0, score: 1, maxRow: 0, maxColumn: 0) },
                        payload: nil, maker: maker)
                case .contents:
                    try journal.commitContents(
                        shard: shard.id, role: stage.role, failures: [], poison: [],
                        contents: contents(shard))
                }
            }
        }

        private func contents(_ shard: ShardRange) -> [ImageID: ContentDigest] {
            let told = shard.images.map { image in
                (image, withUnsafeBytes(of: journal.original(of: image).rawValue) { ContentDigest(of: $0) })
            }
            return Dictionary(told) { first, _ in first }
        }

        static func model(_ name: UInt8) -> MadeModel {
            MadeModel(
                digest: Digest(of: [name]), sums: Digest(of: [name]), size: ModelSize(images: 9, channels: 1),
                clamped: 0, shareOfZeroChannels: 0)
        }
    }

    private struct Trouble: Error {}

    private static let opening = [
        "readJournal", "blameShardsInFlight", "examinePartials", "sweep", "register", "beginEpoch", "serve",
        "startWorkers", "readJournal",
    ]
    private static let fitting = [
        "prepare", "enter", "run", "awaitDisk", "readJournal", "enter", "makeModel", "recordModel", "readJournal",
    ]
    private static let exporting = ["enter", "recordSummary", "export"]
    private static let ending = ["dismissWorkers", "awaitDisk", "closeService", "recordEnd", "end"]

    /// What an audit finds to be wrong is done again and audited once more; then the model is made.
    @Test func aFitIsAudited() throws {
        var run = Run([.fit(mostFailures: 0, isAudited: true)], inspected: 0)
        var wrong = AuditFindings()
        wrong.wrong = ["liar": [1]]
        (run.audits, run.makers) = ([wrong, AuditFindings()], ["liar", "honest"])
        try run.run()
        #expect(run.ending == nil)
        #expect(
            run.asked == Self.opening + [
                "prepare", "enter", "run", "awaitDisk", "readJournal", "audit", "recordAudit", "readJournal", "enter",
                "run", "awaitDisk", "readJournal", "audit", "recordAudit", "readJournal", "enter", "makeModel",
                "recordModel", "readJournal",
            ] + Self.exporting + Self.ending)
        #expect(run.journal.value(.distrusted)?.keys.sorted() == ["liar"])
        #expect(run.journal.partials().map { $0.record.maker?.worker } == ["honest", "honest"])
    }

    /// Nobody knows who is right: the job ends, what is done stays, and images are not tried anew at the next start.
    @Test func anAuditThatIsUndecidedEndsTheJob() throws {
        var run = Run([.fit(mostFailures: 0, isAudited: true)], inspected: 0)
        run.makers = ["a"]
        var findings = AuditFindings()
        findings.undecided = [1: ["a", "b"]]
        findings.confirmed = [2: "c"]
        run.audits = [findings]
        try run.run()
        guard case .auditUndecided(let words)? = run.ending else {
            Issue.record("\(String(describing: run.ending))")
            return
        }
        #expect(words.contains("worker a and worker b compute different things"))
        #expect(!run.asked.contains("makeModel") && run.asked.contains("recordAudit"))
        #expect(run.journal.value(.phase) == .accumulating)
        #expect(run.journal.auditableShards(.normal).map(\.auditedBy) == [nil, "c"])
    }

    /// So is an inspection, after a fit whose audit says nothing of scores.
    @Test func anInspectionIsAudited() throws {
        var run = Run([
            .fit(mostFailures: 0, isAudited: true), .inspect(mostFailures: 0, failsFast: false, isAudited: true),
        ])
        var wrong = AuditFindings()
        wrong.wrong = ["liar": [3]]
        run.audits = [AuditFindings(), wrong, AuditFindings()]
        run.makers = ["honest", "liar", "honest"]
        try run.run()
        #expect(run.ending == nil)
        #expect(
            run.asked.filter { ["run", "audit", "export"].contains($0) }
                == ["run", "audit", "run", "audit", "run", "audit", "export"])
        #expect(run.journal.scoredShards(.inspect).map(\.maker.worker) == ["honest", "honest"])
        #expect(run.journal.value(.distrusted)?.keys.sorted() == ["liar"])
        #expect(
            run.notes.contains {
                if case .warning(let words) = $0 {
                    words.contains("All that it scored is dealt again. What it folded for the model before stays")
                } else {
                    false
                }
            })
    }

    /// Where all was scored by an earlier run the audit is due all the same, and each round of images that come has one.
    @Test func eachRoundOfAnInspectionIsAudited() throws {
        let stage = JobStage.inspect(mostFailures: 0, failsFast: false, isAudited: true)
        var run = Run([stage], normal: 0, growths: [3])
        try run.run()
        #expect(run.asked.count { $0 == "audit" } == 2)
        var again = Run([stage], normal: 0)
        again.journal = run.journal
        try again.run()
        #expect(!again.asked.contains("run") && again.asked.contains("audit"))
    }

    @Test func aFitGoesFromImagesToItsModel() throws {
        var run = Run([Self.fit])
        try run.run()
        #expect(run.asked == Self.opening + Self.fitting + Self.exporting + Self.ending)
        #expect(run.ending == nil)
        #expect(run.journal.value(.model) == Digest(of: [1]))
        #expect(run.journal.value(.phase) == .done)
        #expect(!run.journal.wasCutOff())
    }

    private static let inspecting = ["prepare", "enter", "run", "awaitDisk", "readJournal"]

    /// An inspection that waits for images begins once more with those that come, and its workers stay; the allowance grows with the list.
    @Test func imagesThatComeLaterAreInspected() throws {
        let stage = JobStage.inspect(mostFailures: 0, failsFast: false)
        var run = Run([stage], normal: 0, growths: [3, 0, 2])
        var found: [[Int]] = []
        run.onRun = { shards in found.append(shards.map(\.images)) }
        try run.run()
        let round = ["readJournal"] + Self.inspecting + Self.exporting
        #expect(
            run.asked == Self.opening + Self.inspecting + Self.exporting + ["awaitImages"] + round + ["awaitImages"]
                + ["awaitImages"] + round + ["awaitImages"] + Self.ending)
        #expect(found == [[2, 2], [2, 1], [2]] && run.ending == nil)
        #expect(run.journal.counts(.inspect).ok == 9 && run.journal.value(.phase) == .done)
    }

    /// A list without images yet is no error; and a fault while images are awaited ends the job in order.
    @Test func aJobWaitsForItsFirstImage() throws {
        let stage = JobStage.inspect(mostFailures: 0, failsFast: false)
        var run = Run([stage], inspected: 0, normal: 0, growths: [2])
        try run.run()
        #expect(run.journal.counts(.inspect).ok == 2 && run.ending == nil)
        var broken = Run([stage], normal: 0, growths: [2])
        let wait = Self.opening.count + Self.inspecting.count + Self.exporting.count
        broken.answers[wait] = .failed(Trouble())
        try broken.run()
        #expect(broken.ending != nil && broken.asked.contains("recordEnd") && broken.journal.value(.phase) == .failed)
    }

    /// A stage that finds something for people makes it once all its images are done. Killed before it is recorded, it is made again, and
    /// not after; partials that it was made of are not missed then.
    @Test func findingsAreMadeOnce() throws {
        let finding = JobStage.findings(.inspect, label: "look", participle: "looked at")
        let steps = [
            "prepare", "enter", "run", "awaitDisk", "readJournal", "makeFindings", "recordFindings", "readJournal",
        ]
        var run = Run([finding])
        run.answers[Self.opening.count + 5] = .failed(JobFailure.stopped)
        try run.run()
        #expect(run.asked == Self.opening + steps.prefix(6) + Self.ending.dropFirst())
        for isMade in [false, true] {
            run.core = JobCore(stages: [finding], directory: "job")
            (run.asked, run.hasEnded, run.ending) = ([], false, nil)
            run.isPartialLost = isMade
            try run.run()
            #expect(run.ending == nil && run.asked.contains("makeFindings") == !isMade && !run.asked.contains("run"))
            #expect(!run.asked.contains("discardPartial"))
        }
    }

    /// What is made of a lot is kept apart: a stage is run once for each, after the journal has what was made of the one before.
    @Test func aStageIsRunOnceForEachLot() throws {
        var run = Run([Self.fit])
        for lot in [2, nil, 0] { try run.journal.register(shards: [NewShard(images: 2, lot: lot)], role: .normal) }
        var lots: [[Int?]] = []
        run.onRun = { shards in lots.append(shards.map(\.lot)) }
        try run.run()
        #expect(lots == [[nil, nil, nil], [0], [2]])
        #expect(run.asked.filter { $0 == "makeModel" }.count == 1 && run.ending == nil)
    }

    /// A model that is there is calibrated on images that are read first; once it is done, nothing is read again.
    @Test func aGivenModelIsCalibrated() throws {
        let stages = [JobStage.identify(mostFailures: 0), .calibrate]
        var run = Run(stages, inspected: 0)
        run.lateImages = 4
        try run.run()
        #expect(
            run.asked == Self.opening + ["prepare", "enter", "run", "awaitDisk", "readJournal"]
                + ["prepare", "readJournal", "enter", "run", "awaitDisk", "readJournal", "completeModel"]
                + ["recordCompleted", "readJournal"] + Self.exporting + Self.ending)
        #expect(run.ending == nil && run.journal.value(.model) == Digest(of: [1]))
        var again = run
        (again.core, again.asked, again.hasEnded) = (JobCore(stages: stages, directory: "job"), [], false)
        try again.run()
        #expect(!again.asked.contains("run") && !again.asked.contains("reopenUnreadable"))
        #expect(again.notes.contains(.answer("model.safetensors \(Digest(of: [1])) (fitted before)")))
    }

    /// Images are folded again to be taken out of a finished fit; only then its model is made again.
    @Test(arguments: [[1], [0, 1], [0, 1, 2, 3]]) func imagesAreTakenOutOfAFinishedFit(places: [Int]) throws {
        var run = Run([Self.fit], inspected: 0)
        try run.run()
        run.core = JobCore(stages: [.exclude, Self.fit], directory: "job")
        (run.asked, run.hasEnded, run.models) = ([], false, [2])
        #expect(try run.journal.beginExclusion(of: places, shardSize: 2) == places.count)
        #expect(run.journal.value(.model) == Digest(of: [1]))
        try run.run()
        let out = try #require(run.asked.firstIndex(of: "finishExclusion"))
        #expect(run.asked[..<out].suffix(4) == ["enter", "run", "awaitDisk", "readJournal"])
        #expect(run.asked[out...].starts(with: ["finishExclusion", "readJournal", "prepare", "enter", "makeModel"]))
        #expect(run.ending == nil && run.journal.value(.model) == Digest(of: [2]))
        let counts = run.journal.counts(.normal)
        #expect(counts.excluded == places.count && counts.ok == 4 - places.count && counts.total == counts.ok)
        #expect(run.journal.partials().reduce(0) { $0 + $1.record.images } == counts.ok)
        #expect(run.notes.contains(.answer("took \(places.count) images out")))
    }

    /// Once the model is calibrated, images are taken out by their scores, and the model is made and looked at again until none is.
    @Test func imagesAreTakenOutByTheirScores() throws {
        let stages = [.exclude, JobStage.fit(mostFailures: 0, isCalibrated: true), .calibrate]
        var run = Run(stages, inspected: 0)
        run.core = JobCore(stages: stages, directory: "job", isTrimmed: true)
        (run.lateImages, run.models, run.trims) = (2, [1, 2, 3, 4], [[3]])
        try run.run()
        #expect(run.asked.filter { $0 == "trim" }.count == 2 && run.asked.filter { $0 == "makeModel" }.count == 2)
        #expect(run.ending == nil && run.journal.counts(.normal).excluded == 1)
        #expect(run.journal.value(.model) == Digest(of: [4]))
    }

    /// Whatever fails, the job ends with it, and an end in order is recorded once an epoch has begun.
    @Test func whateverFailsEndsTheJob() throws {
        var whole = Run([Self.fit, .inspect(mostFailures: 0, failsFast: false)])
        try whole.run()
        #expect(whole.ending == nil)
        let closing = try #require(whole.asked.firstIndex(of: "dismissWorkers"))
        let began = try #require(whole.asked.firstIndex(of: "beginEpoch"))
        for place in 0..<whole.asked.count - 1 {
            var run = Run([Self.fit, .inspect(mostFailures: 0, failsFast: false)])
            run.answers[place] = .failed(Trouble())
            try run.run()
            if place >= closing {
                #expect(run.ending == nil, "the job was done before \(whole.asked[place]) failed")
            } else if case .other(is Trouble) = run.ending {
                #expect(run.asked.contains("recordEnd") == (place > began), "\(whole.asked[place])")
                #expect((run.journal.value(.phase) == .failed) == run.asked.contains("startWorkers"))
            } else {
                Issue.record("\(whole.asked[place]) fails, and the job ends with \(String(describing: run.ending))")
            }
        }
    }

    /// Whoever stops a job goes on with it: its workers wait, and nothing is said to have failed.
    @Test func aStoppedJobKeepsItsWorkers() throws {
        var run = Run([Self.fit])
        run.answers[Self.opening.count + 2] = .failed(JobFailure.stopped)
        try run.run()
        #expect(run.asked.suffix(4) == Self.ending.suffix(4))
        #expect(!run.asked.contains("dismissWorkers"))
        #expect(run.journal.value(.phase) == .accumulating)
        #expect(!run.journal.wasCutOff())
    }

    @Test func sumsThatNoImagesGiveAreFoldedAgain() throws {
        var run = Run([Self.fit])
        let make = Self.opening.count + (try #require(Self.fitting.firstIndex(of: "makeModel")))
        run.answers[make] = .covarianceFault(patch: 7, Trouble())
        try run.run()
        #expect(run.ending == nil)
        #expect(run.asked.count { $0 == "run" } == 2)
        // Where no partial is at fault nothing can be done.
        run = Run([Self.fit])
        run.answers[make] = .covarianceFault(patch: 7, Trouble())
        run.answers[make + 1] = .discarded(partials: 0)
        try run.run()
        if case .other(is Trouble) = run.ending {} else { Issue.record("\(String(describing: run.ending))") }
    }

    /// A damaged model is made again. Another one than before is taken only where no image was scored.
    @Test(arguments: [false, true]) func aModelThatIsMadeAgainIsTheSame(isScored: Bool) throws {
        let stages = [Self.fit] + (isScored ? [JobStage.inspect(mostFailures: 0, failsFast: false)] : [])
        for (second, isOther) in [(UInt8(1), false), (2, true)] {
            var run = Run(stages)
            try run.run()
            var again = run
            again.core = JobCore(stages: stages, directory: "job")
            (again.asked, again.hasEnded, again.models) = ([], false, [second])
            let look = 2
            again.answers[look] = .modelExamined(damage: "it is damaged")
            try again.run()
            #expect(again.asked[look...look + 2] == ["examineModel", "forgetModel", "examinePartials"])
            if isOther, isScored {
                guard case .otherModel = again.ending else { Issue.record("another model is taken"); continue }
                #expect(again.journal.value(.model) == nil)
            } else {
                #expect(again.ending == nil)
                #expect(again.journal.value(.model) == Digest(of: [second]))
            }
        }
    }

    /// A stage's images may follow from what an earlier one made.
    @Test func imagesThatAreTakenUpLaterAreDone() throws {
        var run = Run([Self.fit, .inspect(mostFailures: 0, failsFast: false)], inspected: 0)
        run.lateImages = 3
        try run.run()
        #expect(run.ending == nil && run.journal.counts(.inspect).ok == 3)
        let late = ["prepare", "readJournal", "enter", "run", "awaitDisk", "readJournal"]
        #expect(run.asked == Self.opening + Self.fitting + late + Self.exporting + Self.ending)
    }

    /// What could not be read is tried once more, but for the images of a model that was made: the model is a result.
    @Test func aModelThatWasMadeKeepsItsImages() throws {
        let stages = [JobStage.fit(mostFailures: 2), .inspect(mostFailures: 0, failsFast: false)]
        var run = Run(stages)
        let shard = try #require(run.journal.shards(.normal).first)
        let failures = (0..<shard.images).map {
            ImageFailure(id: shard.firstImage.advanced(by: $0), reason: "gone")
        }
        _ = try run.journal.commit(
            partial: nil, shards: [shard.id], role: .normal, failures: failures, poison: [], contents: [:],
            fingerprints: [:])
        try run.run()
        for isMade in [true, false] {
            if !isMade {
                try run.journal.forget(.model)
                try run.journal.forget(.madeModel)
            }
            run.core = JobCore(stages: stages, directory: "job")
            (run.asked, run.hasEnded, run.models) = ([], false, [1])
            try run.run()
            #expect(run.ending == nil)
            #expect(run.asked.count { $0 == "reopenUnreadable" } == (isMade ? 1 : 2))
            #expect(run.journal.counts(.normal).unreadable == (isMade ? 2 : 0))
        }
    }

    @Test func tooManyUnusableImagesEndAFitAtOnceAndAnInspectionAtItsEnd() throws {
        for (stage, isAtOnce) in [(Self.fit, true), (.inspect(mostFailures: 0, failsFast: false), false)] {
            var run = Run([stage])
            let shard = try #require(run.journal.shards(stage.role).first)
            let failures = [ImageFailure(id: shard.firstImage, reason: "")]
            if stage.work == .sums {
                let partial = PartialRecord(file: "p", images: 1, clamped: 0, digest: Digest(of: [0]))
                _ = try run.journal.commit(
                    partial: partial, shards: [shard.id], role: .normal, failures: [], poison: failures, contents: [:],
                    fingerprints: [:])
            } else {
                try run.journal.commitResults(
                    shard: shard.id, role: .inspect,
                    results: [
                        ImageResult(poison: failures[0]),
                        ImageResult(image: shard.firstImage.next, score: 1, maxRow: 0, maxColumn: 0),
                    ], payload: nil, maker: nil)
            }
            try run.run()
            #expect(run.asked.contains("run") == !isAtOnce)
            switch run.ending {
            case .tooManyFailures(1, most: 0): #expect(isAtOnce)
            case .tooManyUnusable(_, most: 0): #expect(!isAtOnce)
            default: Issue.record("\(String(describing: run.ending))")
            }
        }
    }
}

/// A directory in which there is nothing.
private final class NoFiles: JobFiles {
    func createPartial(_ upload: UploadID, images: Int64, samples: Int64, clamped: Int64) throws {}
    func write(_ bytes: [UInt8], patches: Range<Int>, toPartial upload: UploadID) throws {}
    func syncPartial(_ upload: UploadID) throws {}
    func namePartial(_ upload: UploadID) throws -> PartialRecord {
        PartialRecord(file: "\(upload)", images: 0, clamped: 0, digest: Digest(of: [0]))
    }
    func closePartial(_ upload: UploadID) {}
    func syncPartialNames() throws {}
    func adoptPartial(_ upload: UploadID, _ written: WrittenSums) throws -> PartialRecord {
        throw NotAsWritten("not there")
    }
    func removeWritten(_ upload: UploadID) {}
    func placeRange(_ patches: Range<Int>, _ bytes: [UInt8]) throws {}
    func faultOfSums(inPartial file: String, fingerprint: Fingerprint?) throws -> String? { nil }
    func damage(of partial: PartialRecord) -> String? { nil }
    func subtract(_ part: [PartialRecord], from whole: [PartialRecord], into file: String) throws -> PartialRecord? {
        let images = whole.reduce(0) { $0 + $1.images } - part.reduce(0) { $0 + $1.images }
        return images > 0 ? PartialRecord(file: file, images: images, clamped: 0, digest: Digest(of: [0])) : nil
    }
    func addUp(_ partials: [PartialRecord], into file: String) throws -> PartialRecord { partials[0] }
    func syncContent(ofPartial file: String) throws {}
    func deletePartials(_ files: [String]) {}
    func hasArtifact(_ place: String, under lease: LeaseID, isWaitedFor: Bool) -> Bool { true }
    func storeArtifact(_ bytes: [UInt8], at place: String, under lease: LeaseID) throws {}
    func nameArtifact(_ place: String, under lease: LeaseID) throws {}
    func dropArtifact(_ place: String, under lease: LeaseID) {}
    func syncArtifacts() throws {}
}
