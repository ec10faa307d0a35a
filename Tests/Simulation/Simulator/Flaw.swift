/// Deliberate bugs, to show that the simulator finds them. Each is in the simulated shells, between a core and its world: the
/// cores themselves have no switch that breaks them.
public enum Flaw: String, CaseIterable, Sendable {
    // The coordinator's disk.
    /// The journal names a partial before the file is synced.
    case commitBeforeSync
    /// A partial is renamed into place and never synced.
    case neverSync
    /// The folder is not synced after the rename: the name may be gone after a power cut.
    case forgetFolderSync
    /// Results are committed while their maps are still in the page cache.
    case commitResultsBeforeMaps
    /// The shards are marked in one transaction and the partial is recorded in the next.
    case twoTransactions
    /// An upload whose commit is repeated counts twice: nothing fences a shard that is committed already.
    case commitTwice
    /// The journal names the sum of several partials before it is synced.
    case replaceBeforeSync
    /// Partials are deleted before the journal names their sum.
    case deleteBeforeReplacing
    /// Nobody looks whether images can have the sums that are committed.
    case skipExamination
    /// Nobody compares the fingerprint of sums with that of the features that a worker tells of.
    case trustFingerprints
    /// A worker is found to be wrong, and what it folded stays.
    case keepWrongSums
    /// A worker is found to be wrong, and what it scored stays.
    case keepWrongScores
    /// Nothing is computed once more.
    case skipAudit
    /// The file of a dead worker's upload stays open.
    case forgetToDrop
    /// Workers are told of suspects before the disk knows that these are in hand.
    case sayInHandTooEarly
    /// A poisoned image is not written down.
    case forgetPoison
    /// A split lives in memory only.
    case forgetSplit

    /// A worker reports maps that are still in its machine's page cache.
    case forgetWorkersSync
    /// A worker reports sums that it wrote and has not synced.
    case reportSumsBeforeSync
    /// A worker writes its sums into the directory of a job that is over.
    case writeAfterTheEnd
    /// A worker gives its maps their names itself, as soon as it has written them: one that counts may be replaced.
    case nameMapsAtOnce

    /// Nobody looks whether the artifacts are there that a worker says it wrote.
    case trustWrittenPictures

    /// Nobody looks whether the sums are there that a worker says it wrote.
    case trustWrittenSums

    /// The sums of all workers are fetched at once.
    case takeAllSumsAtOnce

    // The coordinator's start.
    /// The epoch is not raised: numbers of leases and uploads are used again.
    case reuseNumbers
    /// Every coordinator draws the same sessions: workers of an earlier one pass for its own.
    case reuseSessions
    /// A started coordinator deals what is committed already.
    case dealCommittedAgain
    /// Where an image is tried once more, all of its shard are, and count twice.
    case reopenWholeShards
    /// Images that came while the job went on are taken up again after a restart.
    case addImagesAgain
    /// What a full disk refused is taken for written.
    case ignoreFullDisk
    /// The model of an earlier run is not looked at.
    case trustModel
    /// The model that waits for its calibration is not looked at.
    case trustWaitingModel
    /// Partials that are found damaged stay.
    case keepDamagedPartials
    /// Images that are taken out are subtracted twice.
    case takeOutTwice
    /// Images are taken out, and the model stays.
    case keepModelOfExcluded
    /// Committed partials are not looked at.
    case trustPartials

    // Deaths.
    /// Deaths are not known any more after a restart.
    case forgetDeaths
    /// What is in hand is not written down.
    case forgetHands
    /// What was in hand is blamed twice.
    case blameTwice
    /// What was in hand at an end is blamed at every start from then on.
    case blameAtEveryStart
    /// After an end that was not in order shards are dealt as after any.
    case forgetTheCut
    /// Halves inherit all deaths, not all but one.
    case halvesInheritAll
    /// The shards of a worker that broke the protocol are blamed, as if it had died on them.
    case blameForLies

    // Messages.
    /// The checksum is not looked at.
    case trustTheWire
    /// A message of a session that is over counts for the worker's new one.
    case skipTheFence
    /// Shards whose worker died are not dealt again.
    case forgetToDealAgain
    /// Who is heard of is taken for one that works.
    case overlookTheStuck
    /// Chunks that did not come are not asked for again.
    case askForChunksOnce
    /// Pieces of images that did not come are not asked for again.
    case askForImagesOnce
    /// A report that was not acknowledged is not said again.
    case reportOnce
    /// The fence is not heard.
    case ignoreTheFence

    // The worker.
    /// Sums stay after they were committed.
    case keepSums
    /// A new session starts with the sums of the old one.
    case keepSumsOverSessions
    /// An image is folded twice now and then.
    case foldTwice
    /// Nothing is said of a file that could not be stored or checked.
    case hideUnusableBlobs
    /// An unreadable image is passed over without a word.
    case hideUnreadable

    /// What it breaks, in words.
    public var words: String {
        rawValue.reduce(into: "") { text, letter in
            text += letter.isUppercase ? " " + letter.lowercased() : String(letter)
        }
    }
}
