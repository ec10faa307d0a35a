import Cluster
import Gaussian
import Settings
import Storage
import Testing

/// What a worker says against the protocol is its own fault: no image is blamed, and it does not go on for ever.
@Suite struct BreachTests {
    /// Something that no worker says that follows the protocol.
    struct Breach: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var inspects = false
        var threshold: Float?
        let say: @Sendable (_ session: SessionID, _ lease: LeaseID) -> [WorkerMessage]
    }

    static func outcomes(_ change: (ImageID) -> ImageOutcome?) -> [ImageOutcome] {
        (1...4).map { change($0) ?? ImageOutcome(id: $0, score: 2, maxRow: 0, maxColumn: 0, flagged: nil) }
    }

    static func scored(_ words: String, threshold: Float? = nil, _ outcomes: [ImageOutcome], pictures: Int = 0)
        -> Breach
    {
        Breach(testDescription: words, inspects: true, threshold: threshold) {
            [.scored(session: $0, lease: $1, outcomes: outcomes, pictures: pictures)]
        }
    }

    static let breaches = [
        Breach(testDescription: "a foreign image") {
            [.folded(session: $0, lease: $1, failures: [ImageFailure(id: 9, reason: "")])]
        },
        Breach(testDescription: "an image twice") {
            [
                .folded(
                    session: $0, lease: $1,
                    failures: [ImageFailure(id: 1, reason: ""), ImageFailure(id: 1, reason: "")])
            ]
        },
        Breach(testDescription: "scores in a stage without") {
            [.scored(session: $0, lease: $1, outcomes: outcomes { _ in nil }, pictures: 0)]
        },
        Breach(testDescription: "an artifact in a stage without") {
            [.picture(session: $0, lease: $1, image: 1, kind: .map)]
        },
        Breach(testDescription: "sums in a stage without", inspects: true) {
            [.folded(session: $0, lease: $1, failures: [])]
        },
        Breach(testDescription: "an artifact of another shard", inspects: true) {
            [.picture(session: $0, lease: $1, image: 9, kind: .map)]
        },
        Breach(testDescription: "a kind of artifact that nobody wants", inspects: true) {
            [.picture(session: $0, lease: $1, image: 1, kind: .overlay)]
        },
        scored("too few outcomes", Array(outcomes { _ in nil }.dropLast())),
        scored("an outcome of a foreign image", outcomes { ImageOutcome(id: $0.next, failure: "no") }),
        scored("an outcome twice", outcomes { _ in ImageOutcome(id: 2, failure: "no") }),
        scored("a negative score", outcomes { ImageOutcome(id: $0, score: -1, maxRow: 0, maxColumn: 0, flagged: nil) }),
        scored(
            "a content that nobody asked for",
            outcomes {
                ImageOutcome(id: $0, score: 2, maxRow: 0, maxColumn: 0, flagged: nil, digest: AuditTests.content)
            }),
        scored("a score of NaN", outcomes { ImageOutcome(id: $0, score: .nan, maxRow: 0, maxColumn: 0, flagged: nil) }),
        scored(
            "a row beyond the map", outcomes { ImageOutcome(id: $0, score: 1, maxRow: 1, maxColumn: 0, flagged: nil) }),
        scored(
            "a column beyond the map",
            outcomes { ImageOutcome(id: $0, score: 1, maxRow: 0, maxColumn: 3, flagged: nil) }),
        scored("a negative row", outcomes { ImageOutcome(id: $0, score: 1, maxRow: -1, maxColumn: 0, flagged: nil) }),
        scored(
            "a flag without a threshold",
            outcomes { ImageOutcome(id: $0, score: 1, maxRow: 0, maxColumn: 0, flagged: false) }),
        scored(
            "a flag below the threshold", threshold: 1.5,
            outcomes { ImageOutcome(id: $0, score: 1, maxRow: 0, maxColumn: 0, flagged: true) }),
        scored(
            "no flag at the threshold", threshold: 1.5,
            outcomes { ImageOutcome(id: $0, score: 1.5, maxRow: 0, maxColumn: 0, flagged: false) }),
        scored(
            "no word of a flag", threshold: 1.5,
            outcomes { ImageOutcome(id: $0, score: 1.5, maxRow: 0, maxColumn: 0, flagged: nil) }),
        scored(
            "a row that no image has",
            outcomes {
                ImageOutcome(
                    id: $0, score: 1, maxRow: 0, maxColumn: 0, imageRow: 65_535, imageColumn: 0, flagged: nil)
            }),
        scored(
            "a negative column of its image",
            outcomes {
                ImageOutcome(id: $0, score: 1, maxRow: 0, maxColumn: 0, imageRow: 0, imageColumn: -1, flagged: nil)
            }),
        scored(
            "a row of its image without a column",
            outcomes { ImageOutcome(id: $0, score: 1, maxRow: 0, maxColumn: 0, imageRow: 3, flagged: nil) }),
        scored("less than no pictures", outcomes { _ in nil }, pictures: -1),
        scored("more artifacts than there can be", outcomes { _ in nil }, pictures: 9),
    ]

    let here = WorkerAddress(bytes: [1])
    let there = WorkerAddress(bytes: [2])

    static func work(inspects: Bool, threshold: Float? = nil) throws -> Work {
        let blob = Blob(digest: Digest(of: [2]), byteCount: 3_000_000, path: "/none")
        guard !inspects else {
            let order = InspectionOrder(
                settings: InspectionSettings(scoring: ScoreSettings(blurBorder: .mirror), threshold: threshold),
                mapScaleExponent: 8, firstColor: 1, lastColor: 4, directory: "/none", probe: "probe", probeValue: "1")
            return .inspect(model: blob, weights: blob, order: order)
        }
        let space = try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0],
            input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
            grid: FixedPointGrid(layerChannels: [1], kept: [0]))
        return .accumulate(space: space, weights: blob)
    }

    /// A coordinator with an open stage of two shards of four images.
    private func coordinator(
        inspects: Bool = false, threshold: Float? = nil, limits: CoordinatorLimits = CoordinatorLimits()
    ) throws -> CoordinatorCore {
        var core = CoordinatorCore(limits: limits, epoch: 1, sessionSeed: 7)
        let shards = [ShardRange(id: 1, first: 1, count: 4), ShardRange(id: 2, first: 5, count: 4)]
        let toDo = ShardsToDo(
            shards: shards, lastShard: 2, failures: 0, mostFailures: .max, mapBounds: MapBounds(height: 1, width: 3))
        let stage = Stage(number: 1, work: try Self.work(inspects: inspects, threshold: threshold))
        _ = core.handle(.openStage(stage, toDo), at: .start)
        return core
    }

    private func receive(
        _ message: WorkerMessage, from address: WorkerAddress, _ core: inout CoordinatorCore, payload: [UInt8] = []
    ) -> [CoordinatorDirective] { core.handle(.received(message, payload: payload, from: address), at: .start) }

    /// A worker says hello and is ready.
    /// - Returns: its session and its leases; nil where it is not taken in.
    private func join(
        _ address: WorkerAddress, _ core: inout CoordinatorCore, name: String = "liar", incarnation: UInt64 = 5
    ) -> (session: SessionID, leases: [LeaseID])? {
        let hello = WorkerMessage.hello(
            version: Wire.version, incarnation: incarnation, name: name, threads: 1, instructionSet: "avx2")
        let sessions = receive(hello, from: address, &core).compactMap { directive -> SessionID? in
            if case .send(.welcome(let session, _, _, _), _) = directive { session } else { nil }
        }
        guard let session = sessions.first else { return nil }
        let leases = receive(.prepared(session: session, stage: 1), from: address, &core).compactMap { directive in
            if case .deal(_, let lease, _, _) = directive { lease } else { nil }
        }
        return (session, leases)
    }

    private func blames(_ directive: CoordinatorDirective) -> Bool {
        switch directive {
        case .recordDeaths, .split, .poison, .note(.suspect), .note(.died): true
        default: false
        }
    }

    @Test(arguments: breaches) func itEndsTheSessionBlamesNoImageAndIsBounded(_ breach: Breach) throws {
        var core = try coordinator(inspects: breach.inspects, threshold: breach.threshold)
        for time in 1...core.limits.breachesOfWorker {
            let (session, leases) = try #require(join(here, &core))
            // The shards come back each time, and come first again.
            #expect(leases.count == 2)
            let said = breach.say(session, leases[0]).flatMap { receive($0, from: here, &core) }
            #expect(!said.contains(where: blames))
            #expect(said.contains(.send(.fenced(session: session), to: here)))
            let notes = said.compactMap {
                if case .note(.breach("liar", session, _, let last)) = $0 { last } else { nil }
            }
            #expect(notes == [time == core.limits.breachesOfWorker])
            #expect(!said.contains { if case .commitResults = $0 { true } else { false } })
        }
        #expect(join(here, &core) == nil)
        // Others are taken in, and are dealt everything.
        #expect(join(there, &core, name: "honest")?.leases.count == 2)
    }

    @Test func whatHonestWorkersSayIsNoBreach() throws {
        var core = try coordinator(inspects: true, threshold: 1.5)
        let (session, leases) = try #require(join(here, &core))
        let outcomes = [
            ImageOutcome(id: 1, score: 1.5, maxRow: 0, maxColumn: 2, flagged: true),
            ImageOutcome(id: 2, score: 1.25, maxRow: 0, maxColumn: 0, flagged: false),
            ImageOutcome(id: 3, failure: "no such file"),
            ImageOutcome(id: 4, score: 0, maxRow: 0, maxColumn: 0, flagged: false),
        ]
        _ = receive(.picture(session: session, lease: leases[0], image: 2, kind: .map), from: here, &core)
        let said = receive(
            .scored(session: session, lease: leases[0], outcomes: outcomes, pictures: 1), from: here, &core)
        // What it did not send it wrote; the disk is asked.
        let maps = [1, 2, 4].map { ArtifactOfImage(image: $0, kind: .map) }
        let artifacts = WaitingArtifacts(lease: leases[0], of: maps)
        let maker = ResultMaker(worker: "liar", instructionSet: "avx2")
        #expect(said.contains(.commitResults(shard: 1, outcomes: outcomes, artifacts: artifacts, maker: maker)))
    }

    @Test func aPictureThatIsNotThereIsTheWorkersFault() throws {
        var core = try coordinator(inspects: true)
        for _ in 1...core.limits.breachesOfWorker {
            let (session, leases) = try #require(join(here, &core))
            let outcomes = Self.outcomes { _ in nil }
            _ = receive(.scored(session: session, lease: leases[0], outcomes: outcomes, pictures: 0), from: here, &core)
            #expect(core.progress.imagesDone == 4)
            let said = core.handle(.resultsRefused(shard: 1, reason: "it is not there"), at: .start)
            #expect(core.progress.imagesDone == 0)
            #expect(!said.contains(where: blames))
            #expect(said.contains(.send(.fenced(session: session), to: here)))
        }
        #expect(join(here, &core) == nil)
        #expect(join(there, &core, name: "honest")?.leases.count == 2)
    }

    /// Behind a relay another worker may begin a shard anew: what it sends takes the place of what the first one sent. Without an end it may not.
    @Test func aRelaysLaterPictureCounts() throws {
        for isRelay in [false, true] {
            var core = try coordinator(inspects: true)
            let (session, leases) = try #require(join(here, &core))
            let heartbeat = WorkerMessage.heartbeat(
                session: session, stage: 1, leases: leases, newest: leases.last, upload: nil,
                mostLeases: isRelay ? 8 : nil)
            _ = receive(heartbeat, from: here, &core)
            func stored(_ byte: UInt8) -> Bool {
                let said = receive(
                    .picture(session: session, lease: leases[0], image: 1, kind: .map), from: here, &core,
                    payload: [byte])
                return said.contains(.storeArtifact(image: 1, kind: .map, lease: leases[0], bytes: [byte]))
            }
            #expect(stored(1))
            #expect(stored(2) == isRelay)
            let more = (0..<200 as Range<UInt8>).filter { stored($0) }
            #expect(more.count < 100)
        }
    }

    /// A slow disk shows only later that nothing of what a worker reported is there. That is one lie, not one a shard.
    @Test func aSessionBreaksTheProtocolOnce() throws {
        var limits = CoordinatorLimits()
        limits.breachesInARow = 2
        limits.breachesOfWorker = 2
        var core = try coordinator(inspects: true, limits: limits)
        let (session, leases) = try #require(join(here, &core))
        for (shard, lease) in zip(1...2 as ClosedRange<Int64>, leases) {
            let outcomes = (4 * shard - 3...4 * shard).map {
                ImageOutcome(id: ImageID(rawValue: $0), score: 1, maxRow: 0, maxColumn: 0, flagged: nil)
            }
            _ = receive(.scored(session: session, lease: lease, outcomes: outcomes, pictures: 0), from: here, &core)
        }
        #expect(core.progress.imagesDone == 8)
        let said = (1...2 as ClosedRange<Int64>).flatMap {
            core.handle(.resultsRefused(shard: ShardID(rawValue: $0), reason: "it is not there"), at: .start)
        }
        #expect(core.progress.imagesDone == 0)
        #expect(
            said.filter { if case .note(.breach("liar", session, _, false)) = $0 { true } else { false } }.count == 1)
        // It is neither refused nor the end of the job.
        #expect(join(here, &core)?.leases.count == 2)
    }

    /// Artifacts may be lost with a connection. Those of a worker that never sends them are not waited for without end.
    @Test func lostPicturesAreSaidAndBounded() throws {
        var core = try coordinator(inspects: true)
        var (session, leases) = try #require(join(here, &core))
        let outcomes = Self.outcomes { _ in nil }
        for time in 1...core.limits.artifactsLostInARow {
            let first = leases.removeFirst()
            let images = outcomes.map { ImageOutcome(id: $0.id, score: 1, maxRow: 0, maxColumn: 0, flagged: nil) }
            let shard = time % 2 == 1 ? 1 : 2
            let shifted = images.map {
                ImageOutcome(id: $0.id.advanced(by: 4 * (shard - 1)), score: 1, maxRow: 0, maxColumn: 0, flagged: nil)
            }
            let said = receive(
                .scored(session: session, lease: first, outcomes: shifted, pictures: 4), from: here, &core)
            let isLast = time == core.limits.artifactsLostInARow
            #expect(
                said.contains { if case .note(.artifactsLost("liar", _, 4, 0)) = $0 { true } else { false } } != isLast)
            #expect(said.contains { if case .note(.breach) = $0 { true } else { false } } == isLast)
            leases += said.compactMap { if case .deal(_, let lease, _, _) = $0 { lease } else { nil } }
        }
        #expect(core.progress.workers == 0)
        session = 0
    }

    @Test func wrongSumsAreTheWorkersFault() throws {
        for wrong in 0..<4 {
            var limits = CoordinatorLimits()
            limits.checkpointImages = 1
            limits.shardsInFlight = 1
            var core = try coordinator(limits: limits)
            for _ in 1...limits.breachesOfWorker {
                let (session, leases) = try #require(join(here, &core))
                let asked = receive(.folded(session: session, lease: leases[0], failures: []), from: here, &core)
                let uploads = asked.compactMap {
                    if case .send(.checkpoint(_, let upload, _), _) = $0 { upload } else { nil }
                }
                let upload = try #require(uploads.first)
                let offer = WorkerMessage.offer(
                    session: session, upload: upload, images: wrong == 0 ? 3 : 4, clamped: 0, chunks: 1,
                    // An image of this space is one sample.
                    samples: wrong == 3 ? 5 : nil)
                var said = receive(offer, from: here, &core)
                if wrong == 1 || wrong == 2 {
                    #expect(said.contains(.send(.send(session: session, upload: upload, chunks: [0]), to: here)))
                    said =
                        wrong == 1
                        ? receive(.chunk(session: session, upload: upload, index: 0), from: here, &core, payload: [1])
                        : core.handle(.partialRefused(upload: upload, reason: "no images give these"), at: .start)
                }
                #expect(said.contains(.send(.fenced(session: session), to: here)))
                #expect(!said.contains(where: blames))
            }
            #expect(join(here, &core) == nil)
        }
    }

    /// Workers with ever new names cannot keep a job from ending.
    @Test func aJobOfLiarsEnds() throws {
        var core = try coordinator()
        var said: [CoordinatorDirective] = []
        for number in 1...core.limits.breachesInARow {
            let (session, leases) = try #require(join(here, &core, name: "liar \(number)"))
            said = receive(
                .folded(session: session, lease: leases[0], failures: [ImageFailure(id: 9, reason: "")]), from: here,
                &core)
        }
        #expect(said.contains { if case .stopped(.workersBreakTheProtocol) = $0 { true } else { false } })
    }

    /// It is the same process: it is alive.
    @Test func whoBeginsAnewDidNotDie() throws {
        var core = try coordinator()
        for incarnation in 1...5 as ClosedRange<UInt64> {
            let hello = WorkerMessage.hello(
                version: Wire.version, incarnation: incarnation, name: "w", threads: 1, instructionSet: "avx2")
            let said = receive(hello, from: here, &core)
            #expect(!said.contains(where: blames))
            #expect(join(here, &core, name: "w", incarnation: incarnation) != nil)
        }
    }
}
