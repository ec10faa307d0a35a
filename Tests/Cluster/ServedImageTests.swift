import Cluster
import Gaussian
import Settings
import Storage
import TestSupport
import Testing

/// Images that the coordinator sends to workers that do not have them.
@Suite struct ServedImageTests {
    let stage: Stage
    let session: SessionID = 9
    let address = WorkerAddress(bytes: [1])

    init() throws { stage = Stage(number: 1, work: try BreachTests.work(inspects: false), servesImages: true) }

    private func worker(lease: LeaseID, images: Int) -> WorkerCore {
        var core = WorkerCore(
            identity: WorkerIdentity(name: "w", threads: 1, instructionSet: "avx2"), incarnation: 5)
        _ = core.handle(.tick, at: .start)
        func hear(_ message: CoordinatorMessage) { _ = core.handle(.received(message, payload: []), at: .start) }
        hear(.welcome(session: session, incarnation: 5, heartbeatMilliseconds: 1_000))
        hear(.prepare(session: session, stage: stage))
        for blob in stage.work.blobs { _ = core.handle(.blobReady(blob), at: .start) }
        _ = core.handle(.prepared(stage: 1), at: .start)
        let tasks = (0..<images).map { image in
            ImageTask(
                id: ImageID(1).advanced(by: image), location: .file("/\(image)"), output: "",
                region: image % 3 == 0 ? .file("/mask-\(image)") : nil)
        }
        hear(.deal(session: session, lease: lease, images: tasks))
        return core
    }

    /// Pieces of it differ, and those of other images.
    private func content(_ image: ServedImage, size: Int) -> [UInt8] {
        let mark = UInt8(truncatingIfNeeded: image.image.rawValue + (image.part == .region ? 100 : 0))
        var content = [UInt8](repeating: mark, count: size)
        for place in stride(from: 0, to: size, by: 65_521) { content[place] = UInt8(truncatingIfNeeded: place >> 16) }
        return content
    }

    /// A worker with a shard in hand, what it asked for, and what has arrived.
    private struct Receiver {
        var core: WorkerCore
        var asked: [(image: ServedImage, offset: Int64, count: Int)] = []
        var arriving: [ServedImage: [UInt8]] = [:]
        var whole: [ServedImage: [UInt8]] = [:]
        var unavailable: [ServedImage: String] = [:]

        mutating func handle(_ event: WorkerEvent, at milliseconds: Int64) {
            for directive in core.handle(event, at: Instant(milliseconds: milliseconds)) {
                switch directive {
                case .send(.fetchImage(_, let lease, let image, let part, let offset, let count), _):
                    asked.append((ServedImage(lease: lease, image: image, part: part), offset, count))
                case .storeImagePiece(let image, let size, let offset, let bytes, let isLast):
                    var content = arriving[image] ?? [UInt8](repeating: 0, count: Int(size))
                    content.replaceSubrange(Int(offset)..<Int(offset) + bytes.count, with: bytes)
                    arriving[image] = content
                    if isLast { whole[image] = content }
                case .imageUnavailable(let image, let reason): unavailable[image] = reason
                default: break
                }
            }
        }
    }

    private func piece(
        _ image: ServedImage, of content: [UInt8], at offset: Int64, _ count: Int
    ) -> (message: CoordinatorMessage, payload: [UInt8]) {
        let bytes = Array(content[Int(offset)..<min(content.count, Int(offset) + count)])
        return (
            .imagePiece(
                session: session, lease: image.lease, image: image.image, part: image.part, offset: offset,
                size: Int64(content.count), digest: content.withUnsafeBytes { ContentDigest(of: $0) }),
            bytes
        )
    }

    /// Whatever is lost, comes twice or overtakes what was sent before: every image arrives as it is, once.
    @Test(arguments: UInt64(0)..<12) func everyImageArrivesWhateverTheNetworkDoes(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let images = (0..<40).map { image in
            ServedImage(lease: 11, image: ImageID(1).advanced(by: image), part: image % 3 == 0 ? .region : .image)
        }
        let contents = Dictionary(
            uniqueKeysWithValues: images.map { image in
                (image, content(image, size: [1, 700, 1 << 20, (1 << 20) + 1, 3 << 20][random.below(5)]))
            })
        var receiver = Receiver(core: worker(lease: 11, images: 40))
        var time: Int64 = 0
        for image in images { receiver.handle(.wantImage(image), at: time) }
        var underWay: [(message: CoordinatorMessage, payload: [UInt8])] = []
        var rounds = 0
        while receiver.whole.count < images.count, rounds < 20_000 {
            rounds += 1
            for (image, offset, count) in receiver.asked {
                if random.below(4) == 0 { continue }
                let answer = piece(image, of: try #require(contents[image]), at: offset, count)
                underWay.append(answer)
                if random.below(4) == 0 { underWay.append(answer) }
            }
            receiver.asked = []
            // A heartbeat's answer shows that the coordinator is there.
            receiver.handle(.received(.heartbeat(session: session), payload: []), at: time)
            #expect(receiver.core.load.imagePieces <= 16)
            if !underWay.isEmpty, random.below(3) > 0 {
                let (message, payload) = underWay.remove(at: random.below(underWay.count))
                receiver.handle(.received(message, payload: payload), at: time)
            } else {
                time += 500
                receiver.handle(.tick, at: time)
            }
        }
        #expect(receiver.whole.count == images.count)
        #expect(receiver.whole == contents)
        #expect(receiver.unavailable.isEmpty)
    }

    @Test func fewBytesAreUnderWay() {
        var receiver = Receiver(core: worker(lease: 11, images: 40))
        for image in 0..<40 {
            receiver.handle(.wantImage(ServedImage(lease: 11, image: ImageID(1).advanced(by: image))), at: 0)
        }
        // Nothing is known of their sizes.
        #expect(receiver.asked.count == 16)
        let (first, offset, count) = receiver.asked[0]
        let (message, payload) = piece(first, of: content(first, size: 9 << 20), at: offset, count)
        receiver.asked = []
        receiver.handle(.received(message, payload: payload), at: 0)
        // The other 15 may be as large.
        #expect(receiver.asked.isEmpty)
        #expect(receiver.core.load.imagePieces == 15)
    }

    @Test func anImageThatChangesWhileItIsSentIsNotUsed() throws {
        var receiver = Receiver(core: worker(lease: 11, images: 1))
        let image = ServedImage(lease: 11, image: 1)
        receiver.handle(.wantImage(image), at: 0)
        let before = content(image, size: 3 << 20)
        var (message, payload) = piece(image, of: before, at: 0, 1 << 20)
        receiver.handle(.received(message, payload: payload), at: 0)
        (message, payload) = piece(image, of: before.reversed(), at: 1 << 20, 1 << 20)
        receiver.handle(.received(message, payload: payload), at: 0)
        #expect(try #require(receiver.unavailable[image]).contains("changed"))
        // What comes of it later is passed over.
        (message, payload) = piece(image, of: before, at: 2 << 20, 1 << 20)
        receiver.handle(.received(message, payload: payload), at: 0)
        #expect(receiver.whole.isEmpty)
    }

    @Test func anImageBeyondTheLimitIsNotTaken() throws {
        var receiver = Receiver(core: worker(lease: 11, images: 1))
        let image = ServedImage(lease: 11, image: 1)
        receiver.handle(.wantImage(image), at: 0)
        receiver.handle(
            .received(
                .imagePiece(
                    session: session, lease: 11, image: 1, part: .image, offset: 0, size: Wire.largestImage + 1,
                    digest: [1].withUnsafeBytes { ContentDigest(of: $0) }), payload: [1]), at: 0)
        #expect(try #require(receiver.unavailable[image]).contains("too large"))
    }

    /// What nobody waits for any more is not asked for.
    @Test func theImagesOfAReportedShardAreForgotten() {
        var receiver = Receiver(core: worker(lease: 11, images: 3))
        receiver.handle(.wantImage(ServedImage(lease: 11, image: 1)), at: 0)
        receiver.handle(.reported(lease: 11, .folded(failures: [])), at: 0)
        receiver.handle(.wantImage(ServedImage(lease: 11, image: 2)), at: 0)
        #expect(receiver.unavailable.keys.map(\.image) == [2])
        receiver.asked = []
        receiver.handle(.tick, at: 60_000)
        #expect(receiver.asked.isEmpty)
        #expect(receiver.core.load.imagePieces == 0)
    }

    /// A shard that waits for its images must not keep the next stage waiting, whose blobs are sought behind it.
    @Test func theImagesOfTheLastStageAreWaitedForNoMore() throws {
        var receiver = Receiver(core: worker(lease: 11, images: 2))
        receiver.handle(.wantImage(ServedImage(lease: 11, image: 1)), at: 0)
        let next = Stage(number: 2, work: try BreachTests.work(inspects: true), servesImages: true)
        receiver.handle(.received(.prepare(session: session, stage: next), payload: []), at: 0)
        #expect(receiver.unavailable.keys.map(\.image) == [1])
        receiver.handle(.wantImage(ServedImage(lease: 11, image: 2)), at: 0)
        #expect(Set(receiver.unavailable.keys.map(\.image)) == [1, 2])
    }

    /// A deal that was lost on its way and comes in the next stage is not worked on there.
    @Test func aDealOfTheLastStageIsPassedOver() throws {
        var core = worker(lease: 11, images: 2)
        func hear(_ message: CoordinatorMessage) -> [WorkerDirective] {
            core.handle(.received(message, payload: []), at: .start)
        }
        let next = Stage(number: 2, work: try BreachTests.work(inspects: true), servesImages: true)
        _ = hear(.prepare(session: session, stage: next))
        for blob in next.work.blobs { _ = core.handle(.blobReady(blob), at: .start) }
        _ = core.handle(.prepared(stage: 2), at: .start)
        let task = ImageTask(id: 1, location: .file("/1"), output: "")
        for (lease, isTaken) in [
            (LeaseID(rawValue: 10), false), (LeaseID(rawValue: 11), false), (LeaseID(rawValue: 12), true),
        ] {
            _ = hear(.deal(session: session, lease: lease, images: [task]))
            #expect(core.load.working == (isTaken ? 1 : 0), "lease \(lease)")
        }
    }

    // MARK: the coordinator

    /// A coordinator with two shards of four images, and a worker that has both in hand.
    private func coordinator(_ stage: Stage) throws -> (core: CoordinatorCore, session: SessionID, leases: [LeaseID]) {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        let shards = [ShardRange(id: 1, first: 1, count: 4), ShardRange(id: 2, first: 5, count: 4)]
        let toDo = ShardsToDo(shards: shards, lastShard: 2, failures: 0, mostFailures: .max)
        _ = core.handle(.openStage(stage, toDo), at: .start)
        var (session, leases): (SessionID?, [LeaseID]) = (nil, [])
        func hear(_ message: WorkerMessage) {
            for directive in core.handle(.received(message, payload: [], from: address), at: .start) {
                switch directive {
                case .send(.welcome(let welcomed, _, _, _), _): session = welcomed
                case .deal(_, let lease, _, _): leases.append(lease)
                default: break
                }
            }
        }
        hear(.hello(version: Wire.version, incarnation: 5, name: "w", threads: 1, instructionSet: "avx2"))
        let known = try #require(session)
        hear(.prepared(session: known, stage: stage.number))
        try #require(leases.count == 2)
        return (core, known, leases)
    }

    private func answers(
        _ core: inout CoordinatorCore, _ session: SessionID, _ lease: LeaseID, _ image: ImageID, offset: Int64 = 0,
        count: Int = 9 << 20
    ) -> [CoordinatorDirective] {
        core.handle(
            .received(
                .fetchImage(session: session, lease: lease, image: image, part: .image, offset: offset, count: count),
                payload: [], from: address), at: .start)
    }

    @Test func onlyImagesOfShardsInHandAreSent() throws {
        var (core, session, leases) = try coordinator(stage)
        let image = ServedImage(lease: leases[0], image: 4)
        #expect(
            answers(&core, session, leases[0], 4, offset: 7) == [
                .sendImagePiece(
                    session: session, image, shard: ShardRange(id: 1, first: 1, count: 4), offset: 7, count: 1 << 20,
                    to: address)
            ])
        for (lease, image, offset, count): (LeaseID, ImageID, Int64, Int) in [
            (leases[0], 5, 0, 1), (leases[1], 4, 0, 1), (leases[0], 0, 0, 1), (leases[0], 1, -1, 1),
            (leases[0], 1, 0, 0),
        ] {
            let said = answers(&core, session, lease, image, offset: offset, count: count)
            #expect(said.count == 1)
            guard case .note(.dropped) = said.first else {
                Issue.record("\(said)")
                continue
            }
        }
        // A lease that is over, or never was.
        #expect(answers(&core, session, 3, 1) == [])
        _ = core.handle(
            .received(.folded(session: session, lease: leases[0], failures: []), payload: [], from: address), at: .start
        )
        #expect(answers(&core, session, leases[0], 4) == [])
    }

    @Test func nothingIsSentWhereImagesAreNotServed() throws {
        var (core, session, leases) = try coordinator(Stage(number: 1, work: stage.work))
        let said = answers(&core, session, leases[0], 1)
        guard case .note(.dropped)? = said.first, said.count == 1 else {
            Issue.record("\(said)")
            return
        }
    }
}
