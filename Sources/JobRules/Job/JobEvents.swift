import Cluster
import Journal
import Storage

/// What a job's core wants done. Of the directives that it gives at once only the last is to be answered by an event; those before it are
/// notes.
public enum JobDirective: Sendable {
    case note(JobNote)

    // MARK: At the start

    /// Answered by `journalRead`.
    case readJournal
    /// Count a death for each shard that the last coordinator ended with. Answered by `blamed`.
    case blameShardsInFlight
    /// Check that the model's file has the digest in the journal. Answered by `modelExamined`.
    case examineModel
    /// Delete the model from the journal, so that it is made again.
    case forgetModel
    /// Check that the files of all committed partials are undamaged. Answered by `partialsExamined`.
    case examinePartials
    /// Delete a partial from the journal, so that its images are folded again.
    case discardPartial(CommittedPartial)
    /// Remove what killed processes left in the job's directory.
    case sweep
    /// Deal unreadable images once more. Answered by `reopened`.
    case reopenUnreadable(ImageRole)
    /// Take up the lists of images, where the journal does not have them. Answered by `grown` where a list may have got more since.
    case register
    /// Answered by `epochBegan`.
    case beginEpoch
    /// Listen to workers.
    case serve(epoch: Int64, isCareful: Bool)
    case startWorkers

    // MARK: Work

    case enter(JobPhase)
    /// A stage's turn has come, whether something of it is to do or not. Answered by `prepared`.
    case prepare(JobStage)
    /// Have workers do the stage. Answered by `stageEnded`.
    case run(JobStage, ShardsToDo)
    /// Have workers do some of a stage's shards once more, which others have done. Answered by `audited`.
    case audit(JobStage)
    /// Record what an audit of a stage found, and take what workers did that were wrong back.
    case recordAudit(JobStage, AuditFindings)
    /// Wait until the disk has done all that it was asked.
    case awaitDisk
    /// Add the partials up and make the model of their sum; both files are durable before the answer: `modelMade`, `nothingToMerge` or
    /// `covarianceFault`.
    case makeModel
    /// Discard the partials whose sums at a patch no images can have. Answered by `discarded`.
    case discardImpossible(patch: Int)
    case recordModel(MadeModel)
    /// Record a model that another stage completes.
    case recordUncalibrated(MadeModel)
    /// Take the images that were folded for it out of the fit's partials. Answered by `exclusionEnded`.
    case finishExclusion
    /// Plan once more which images are to be folded in order to be taken out: some are not in the sums any more.
    case beginExclusion
    /// Look for images whose scores stand out, and begin to take them out. Answered by `trimmed`.
    case trim
    /// Forget that images were to be taken out: they stay in.
    case abandonExclusion
    /// Complete the model with what the stage gave. Answered by `modelCompleted`.
    case completeModel
    /// Record the model that was completed; the one that it was made of is not needed any more.
    case recordCompleted(Digest)
    /// Make what a stage finds, for people; it is durable before the answer. Killed in between, it is made again.
    case makeFindings(JobStage)
    case recordFindings(JobStage)
    case recordSummary
    /// Write what people read.
    case export
    /// Wait until the list of images to inspect has more, and take these up. Answered by `grown` or `watchEnded`.
    case awaitImages

    // MARK: At the end

    case dismissWorkers
    case closeService
    /// Record that the coordinator ends in order, so that no shard is blamed for its end.
    case recordEnd
    /// Name the images that could not be used.
    case nameFailures([ImageRole])
    /// The job is over; nothing follows.
    case end(JobFailure?)
}

/// The answers to directives.
public enum JobEvent: Sendable {
    case begin
    /// The directive is carried out: the answer where no other is named.
    case done
    case journalRead(JobStanding)
    case blamed(shards: Int)
    /// What is wrong with the model's file; nil: it is undamaged.
    case modelExamined(damage: String?)
    case partialsExamined([(partial: CommittedPartial, damage: String)])
    case reopened(images: Int)
    /// The images to inspect are so many more than before; and how many of all of them may be unusable.
    case grown(images: Int, mostFailures: Int)
    /// No more images are waited for.
    case watchEnded
    /// - isCareful: the last coordinator did not end in order.
    case epochBegan(Int64, isCareful: Bool)
    case prepared(StageFacts)
    case stageEnded
    case audited(AuditFindings)
    case modelMade(MadeModel)
    case modelCompleted(Digest)
    case exclusionEnded(ExclusionEnd)
    /// So many images are to be folded in order to be taken out.
    case trimmed(images: Int)
    /// What an earlier stage made, and this one needs, is damaged or gone.
    case productDamaged(String)
    /// No image could be used.
    case nothingToMerge
    /// A patch's covariance has no inverse; and the error that says so.
    case covarianceFault(patch: Int, any Error)
    case discarded(partials: Int)
    /// The directive could not be carried out.
    case failed(any Error)
}

/// How the taking out of images ended.
public enum ExclusionEnd: Sendable {
    case done(images: Int)
    /// The contents of these are other ones than those in the sums: nothing is taken out.
    case changed([JobImage])
    /// Partials that are needed are damaged, and why. Their images are folded again, without those that are taken out.
    case damaged([(partial: CommittedPartial, damage: String)])
}

/// What is known of a stage when its turn comes.
public struct StageFacts: Equatable, Sendable {
    /// Of the maps that scores are taken from.
    public let mapBounds: MapBounds?
    /// A model that another job made: of so many images, with so many channels.
    public let foreignModel: ModelSize?
    /// Whether its images were registered in the journal just now: they follow from what earlier stages made.
    public let hasTakenUpImages: Bool

    public init(mapBounds: MapBounds? = nil, foreignModel: ModelSize? = nil, hasTakenUpImages: Bool = false) {
        (self.mapBounds, self.foreignModel) = (mapBounds, foreignModel)
        self.hasTakenUpImages = hasTakenUpImages
    }
}

/// On how many images a model was fitted, and how many channels of features it keeps.
public struct ModelSize: Equatable, Sendable {
    public let images: Int64
    public let channels: Int

    public init(images: Int64, channels: Int) { (self.images, self.channels) = (images, channels) }

    /// With too few images covariances say nothing of most directions. Nil where there are enough.
    var warning: String? {
        guard images <= Int64(channels) else { return nil }
        return """
            the model is of \(images) images, and has \(channels) channels: with no more images than channels, distances are large and \
            find less. Fit on more images, or keep fewer channels (--features)
            """
    }
}

/// A model that was made of the job's sums.
public struct MadeModel: Equatable, Sendable {
    public let digest: Digest
    /// Of the content of the sums.
    public let sums: Digest
    public let size: ModelSize
    /// Features that were set to the limit of the fixed-point grid.
    public let clamped: Int64
    public let shareOfZeroChannels: Double

    public init(digest: Digest, sums: Digest, size: ModelSize, clamped: Int64, shareOfZeroChannels: Double) {
        (self.digest, self.sums, self.size) = (digest, sums, size)
        (self.clamped, self.shareOfZeroChannels) = (clamped, shareOfZeroChannels)
    }
}

/// What the user is told.
public enum JobNote: Equatable, Sendable {
    /// A line of the program's answer.
    case answer(String)
    case info(String)
    case notice(String)
    case warning(String)
}

/// Why a job ends without all that it was to do. What is committed is safe.
public enum JobFailure: Error, Sendable {
    /// The user asked to stop.
    case stopped
    case tooManyFailures(Int, most: Int)
    /// All usable images are done, and more are unusable than allowed.
    case tooManyUnusable(ImageCounts, most: Int)
    case noneUsable
    /// Images that were to be taken out cannot be read, or are other ones than those that were folded.
    case excludedUnusable(Int)
    case excludedChanged([String])
    /// Workers say different things of shards, and nobody could be asked who of them is right.
    case auditUndecided(String)
    /// The model was lost and made again, and the new one differs from the one that images were scored with.
    case otherModel(made: Digest, before: Digest)
    /// Workers gave shards up again and again, the last for this reason.
    case workersGiveUp(String)
    case workersBreakTheProtocol(String)
    case noWorker(String)
    case other(any Error)

    public init(_ error: any Error) { self = error as? JobFailure ?? .other(error) }

    /// - Parameter most: of the stage that is stopped, how many images may be unusable.
    public init(_ reason: StopReason, most: Int) {
        switch reason {
        case .requested: self = .stopped
        case .tooManyFailures(let count): self = .tooManyFailures(count, most: most)
        case .workersGiveUp(let reason): self = .workersGiveUp(reason)
        case .workersBreakTheProtocol(let reason): self = .workersBreakTheProtocol(reason)
        }
    }

    var isStopped: Bool { if case .stopped = self { true } else { false } }
}

extension JournalKey where Value == Digest {
    /// Of the content of statistics.safetensors.
    public static var sums: Self { Self("sums") }
}
