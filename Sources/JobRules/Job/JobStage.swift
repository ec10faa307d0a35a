import Cluster
import Journal
import Storage

/// One pass over the images of a role, and what follows it. A job is a list of these.
public struct JobStage: Equatable, Sendable {
    /// What workers make of images, and how a shard of them ends in the journal.
    public enum Work: Equatable, Sendable {
        /// They are folded into sums: a partial counts all of a shard's images but those that failed.
        case sums
        /// They are scored: each image has a result of its own.
        case scores
        /// They are scored by models without them: each image has a result of its own, and a shard has one.
        case heldOutScores
        /// They are read, and the digests of their contents found.
        case contents
    }

    public enum Product: Equatable, Sendable {
        /// A model that another stage completes.
        case uncalibratedModel
        /// The job's model.
        case model
        /// Something for people, which no other stage needs. It is made by `makeFindings`.
        case findings
    }

    public let role: ImageRole
    public let work: Work
    public let phase: JobPhase
    /// For the progress line.
    public let label: String
    /// What becomes of images: "8 images fitted".
    public let participle: String
    /// What is made of the images when all are done; a stage whose product is there is passed over.
    public let product: Product?
    /// More unusable images than these are too many.
    public let mostFailures: Int
    /// Whether too many end the job at once; else it does all that can be done before it fails.
    public let failsFast: Bool
    /// Whether some of its shards are done once more, by others, before anything is made of the results.
    public var isAudited = false

    /// Folds the images into sums and makes the model of them.
    /// - Parameters:
    ///   - isCalibrated: whether a calibration follows.
    ///   - isAudited: whether some shards are computed once more, by others.
    public static func fit(mostFailures: Int, isCalibrated: Bool = false, isAudited: Bool = false) -> JobStage {
        JobStage(
            role: .normal, work: .sums, phase: .accumulating, label: "fit", participle: "fitted",
            product: isCalibrated ? .uncalibratedModel : .model, mostFailures: mostFailures, failsFast: true,
            isAudited: isAudited)
    }

    /// Folds images of the fit once more, which are to be taken out of it. Any that cannot be read keeps all of them in.
    public static let exclude = JobStage(
        role: .excluding, work: .sums, phase: .accumulating, label: "exclude", participle: "taken out", product: nil,
        mostFailures: 0, failsFast: true)

    /// Whether nothing of it is needed once there is a model, although it makes none.
    var servesModel: Bool { work == .contents }

    /// Finds out which images a list has, for a calibration of a model that is there.
    public static func identify(mostFailures: Int) -> JobStage {
        JobStage(
            role: .normal, work: .contents, phase: .identifying, label: "identify", participle: "read", product: nil,
            mostFailures: mostFailures, failsFast: true)
    }

    /// Scores a sample of the normal images by models without them.
    public static let calibrate = calibrate(isAudited: false)

    /// - Parameter isAudited: whether some shards are scored once more, by others.
    public static func calibrate(isAudited: Bool) -> JobStage {
        JobStage(
            role: .calibration, work: .heldOutScores, phase: .scoringHeldOut, label: "calibrate",
            participle: "calibrated on", product: .model, mostFailures: 0, failsFast: true, isAudited: isAudited)
    }

    /// Scores the images.
    /// - Parameter isAudited: whether some shards are scored once more, by others.
    public static func inspect(mostFailures: Int, failsFast: Bool, isAudited: Bool = false) -> JobStage {
        JobStage(
            role: .inspect, work: .scores, phase: .inspecting, label: "inspect", participle: "inspected", product: nil,
            mostFailures: mostFailures, failsFast: failsFast, isAudited: isAudited)
    }

    /// The same stage with another number of images that may be unusable.
    func allowing(failures most: Int) -> JobStage {
        JobStage(
            role: role, work: work, phase: phase, label: label, participle: participle, product: product,
            mostFailures: most, failsFast: failsFast, isAudited: isAudited)
    }

    /// Folds images, of which something is found for people. Images that cannot be read are left out.
    public static func findings(_ role: ImageRole, label: String, participle: String) -> JobStage {
        JobStage(
            role: role, work: .sums, phase: .accumulating, label: label, participle: participle, product: .findings,
            mostFailures: .max, failsFast: false)
    }
}

/// How far a job is, as its journal says.
public struct JobStanding: Equatable, Sendable {
    /// Of the images of one role.
    public struct Role: Equatable, Sendable {
        public let counts: ImageCounts
        /// Shards that are not committed.
        public let open: [ShardRecord]
        public let hasCommitted: Bool
    }

    public let phase: JobPhase?
    /// That the job's model is made, and of which digest.
    public let model: Digest?
    /// The one that was made, also where its file is damaged or gone since.
    public let madeModel: Digest?
    /// The model that waits for its calibration.
    public let uncalibratedModel: Digest?
    /// The roles of stages whose findings are made.
    public let findings: Set<ImageRole>
    public let lastShard: ShardID
    public let roles: [ImageRole: Role]

    public init(of journal: any JobJournal) throws {
        phase = try journal.value(.phase)
        model = try journal.value(.model)
        madeModel = try journal.value(.madeModel)
        uncalibratedModel = try journal.value(.uncalibratedModel)
        findings = Set(try journal.value(.findings)?.compactMap(ImageRole.init) ?? [])
        lastShard = try journal.lastShard()
        var roles: [ImageRole: Role] = [:]
        for role in ImageRole.allCases {
            let shards = try journal.shards(role)
            roles[role] = Role(
                // Every image is of a shard, and to count those of a role is to read all images.
                counts: shards.isEmpty ? ImageCounts() : try journal.counts(role),
                open: shards.filter { !$0.isCommitted },
                hasCommitted: shards.contains(where: \.isCommitted))
        }
        self.roles = roles
    }

    /// Whether a stage's product was made, also where its file is damaged or gone since.
    func hasMadeProduct(of stage: JobStage) -> Bool {
        switch stage.product {
        // Earlier releases did not write down which was made.
        case .model: (madeModel ?? model) != nil
        case .uncalibratedModel: (uncalibratedModel ?? madeModel ?? model) != nil
        case .findings: findings.contains(stage.role)
        case nil: stage.servesModel && (madeModel ?? model) != nil
        }
    }

    /// Whether the product of a stage is there; that of an earlier stage is not missed once a later one was made of it.
    func hasProduct(of stage: JobStage) -> Bool {
        switch stage.product {
        case .model: model != nil
        case .uncalibratedModel: (model ?? uncalibratedModel) != nil
        case .findings: findings.contains(stage.role)
        case nil: stage.servesModel && model != nil
        }
    }

    /// Whether a partial is of no use any more: it was kept for findings that are made.
    func isDoneWith(_ partial: CommittedPartial) -> Bool { findings.contains(partial.role) }

    func counts(_ role: ImageRole) -> ImageCounts { roles[role]?.counts ?? ImageCounts() }

    /// The shards of a stage that are done next: the open ones of one lot where what is made of lots is kept apart. A stage is run once for
    /// each such lot, so a worker's sums are committed before it works for another one.
    func next(of stage: JobStage) -> [ShardRecord] {
        let open = roles[stage.role]?.open ?? []
        let lot = open.map { $0.lot ?? -1 }.min()
        return open.filter { $0.lot ?? -1 == lot }
    }

    /// What is to do next of a stage; nil if all is done.
    func toDo(_ stage: JobStage, mapBounds: MapBounds?) -> ShardsToDo? {
        let next = next(of: stage)
        guard let role = roles[stage.role], !next.isEmpty else { return nil }
        let attempts = next.filter { $0.attempts > 0 }.map { ($0.id, $0.attempts) }
        return ShardsToDo(
            shards: next.map { ShardRange(id: $0.id, first: $0.firstImage, count: $0.images) },
            lastShard: lastShard, failures: role.counts.failed,
            mostFailures: stage.failsFast ? stage.mostFailures : .max,
            deaths: Dictionary(attempts) { first, _ in first }, mapBounds: mapBounds)
    }
}
