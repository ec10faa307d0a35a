import Cluster
import Gaussian
import Settings
import Storage
import Testing

/// The limits of the wire agree with each other, and with docs/PROTOCOL.md.
@Suite struct WireLimitsTests {
    /// Six bytes for each, in a header.
    private func escaped(_ count: Int) -> String { String(repeating: "\u{1}", count: count) }

    private func fits(_ message: some WireMessage) throws {
        let frames = try Wire.encode(message)
        _ = try Wire.decode(frames, as: type(of: message))
    }

    private let session = SessionID(rawValue: 1 << 52)
    private let lease = LeaseID(rawValue: 1 << 52)
    private func image(_ number: Int) -> ImageID { ImageID(rawValue: (1 << 53) - Int64(number)) }

    @Test func theUsualShardFitsIntoAHeaderWhateverItsImagesAreCalled() throws {
        // The longest path of a list, and the longest place of a result with a number behind it.
        let images = (1...64).map {
            ImageTask(
                id: image($0), location: .file(escaped(4_095)), output: escaped(1_020), region: .file(escaped(4_095)))
        }
        try fits(CoordinatorMessage.deal(session: session, lease: lease, images: images))
    }

    @Test func theReportOfAShardFitsIntoAHeader() throws {
        let reason = escaped(ReportedText.longestReason)
        try fits(
            WorkerMessage.scored(
                session: 1, lease: 1, outcomes: (1...512).map { ImageOutcome(id: image($0), failure: reason) },
                pictures: 0))
        try fits(
            WorkerMessage.folded(
                session: 1, lease: 1, failures: (1...512).map { ImageFailure(id: image($0), reason: reason) }))
        let outcome = { (number: Int) in
            ImageOutcome(
                id: image(number), score: 1.1754944e-38, maxRow: 16_383, maxColumn: 16_383, imageRow: 65_534,
                imageColumn: 65_534, flagged: false)
        }
        try fits(
            WorkerMessage.scored(session: session, lease: lease, outcomes: (1...4_096).map(outcome), pictures: 8_192))
    }

    @Test func aStageOfTheMostChannelsFitsIntoAHeader() throws {
        let first = FeatureSpace.maximumChannel - FeatureSpace.maximumDimension
        let channels = Array(first..<FeatureSpace.maximumChannel)
        let space = try FeatureSpace(
            backbone: String(repeating: "b", count: 200), weights: Digest(of: [1]),
            layers: Array(repeating: String(repeating: "l", count: 200), count: 64), channels: channels,
            input: InputSettings(
                height: InputSettings.maximumSide, width: InputSettings.maximumSide, resize: InputSettings.maximumSide,
                crop: InputSettings.maximumSide, scaledJPEG: true, whiteLevel: 4_095, resizePrecision: .float,
                normalization: .imageNet, orientation: .exif),
            gridHeight: FeatureSpace.maximumGridSide, gridWidth: FeatureSpace.maximumGridSide,
            grid: FixedPointGrid(
                layers: .init(
                    exponents: Array(repeating: -64, count: 64),
                    channels: Array(repeating: FeatureSpace.maximumChannel, count: 64)),
                kept: channels))
        let blob = Blob(digest: Digest(of: [1]), byteCount: 1 << 52, path: escaped(4_095))
        try fits(
            CoordinatorMessage.prepare(
                session: session, stage: Stage(number: 1, work: .accumulate(space: space, weights: blob))))
    }

    @Test func payloadsFit() {
        let limits = CoordinatorLimits()
        #expect(limits.pieceBytes <= Wire.longestPiece && Wire.longestPiece <= Wire.longestPayload)
        #expect(limits.chunkBytes <= Wire.longestPayload)
        #expect(Statistics.chunkByteCount(patches: 1, dimension: Wire.mostChannels) <= Wire.longestPayload)
        #expect(Wire.longestMessage == Wire.longestHeader + Wire.longestPayload + 4)
    }

    @Test func whatIsAskedForIsWithinWhatIsAnswered() {
        let limits = CoordinatorLimits()
        #expect(limits.window <= Wire.mostChunksAsked)
        // A lease that is dealt again late is older than all that a worker remembers, or one of them.
        #expect(limits.mostShardsInFlight < Wire.leasesRemembered)
        #expect(limits.mostLeases <= Wire.mostLeases && Wire.mostLeases < Wire.leasesRemembered)
    }

    private func depth(_ form: Form) -> Int {
        switch form {
        case .whole, .number, .boolean, .string, .digest, .any: 0
        case .array(let element): 1 + depth(element)
        case .object(let form): 1 + (form.fields.map { depth($0.form) }.max() ?? 0)
        case .choice(_, let choices): 1 + (choices.map { depth(.object($0)) }.max() ?? 0)
        }
    }

    @Test func noMessageIsNestedTooDeep() {
        for form in WorkerMessage.forms.all + CoordinatorMessage.forms.all {
            #expect(1 + depth(.object(form.fields)) <= Wire.deepestNesting)
        }
    }

    @Test func thePageHasTheLimits() throws {
        func grouped(_ number: Int) -> String {
            let digits = Array(String(number))
            return digits.indices.map { ($0 > 0 && (digits.count - $0) % 3 == 0 ? "," : "") + String(digits[$0]) }
                .joined()
        }
        let limits = CoordinatorLimits()
        let lines = try ProtocolPage().section("Limits")
        for (what, limit) in [
            ("frames of a message", "\(Wire.frameCount)"), ("header", "\(grouped(Wire.longestHeader)) bytes"),
            ("nesting of a header", "\(Wire.deepestNesting)"), ("payload", "\(grouped(Wire.longestPayload)) bytes"),
            ("kept channels", grouped(Wire.mostChannels)), ("a whole number", "2^53"),
            ("a name, in Unicode scalars", "\(ReportedText.longestName)"),
            ("a reason, in Unicode scalars", grouped(ReportedText.longestReason)),
            ("a piece of a blob or of an image", "\(grouped(Wire.longestPiece)) bytes"),
            ("an image that is sent", "\(grouped(Int(Wire.largestImage))) bytes"),
            ("chunks of a `send`", grouped(Wire.mostChunksAsked)),
            ("leases reported that a worker remembers", grouped(Wire.leasesRemembered)),
            ("leases of a worker that says `mostLeases`", grouped(Wire.mostLeases)),
            ("workers with a session", grouped(limits.workers)),
        ] {
            #expect(lines.contains { $0.hasPrefix("| \(what) | \(limit) | ") }, "\(what): \(limit)")
        }
    }
}
