import Cluster
import JobRules
import Storage

/// The coordinator's disk queue, on which a death fits between any two steps.
struct SimulatedArchive {
    private unowned let folder: JobFolder
    private let flaw: Flaw?
    private var queue = ArchiveQueue()
    private var work: ArchiveWork
    private var words: [[DeathRecords.Hand]] = []
    private(set) var failed = false

    /// - Parameter mostPartials: when there are so many, they are added up.
    init(_ folder: JobFolder, mostPartials: Int, flaw: Flaw?) {
        (self.folder, self.flaw) = (folder, flaw)
        work = ArchiveWork(
            journal: folder.journal, files: SimulatedFiles(folder, flaw: flaw), mostPartials: mostPartials)
    }

    var isIdle: Bool { queue.count == 0 || failed }
    var count: Int { queue.count }
    /// Uploads whose files are open.
    var uploads: Set<UploadID> { work.uploads }

    /// Whether the next step waits for the disk.
    var isSlow: Bool {
        switch queue.first {
        case .report, .close, .name, .adopt, .examine, .removeWritten, .deleteAdded, .look, .nameArtifacts,
            .dropArtifacts:
            false
        default: true
        }
    }

    /// - Returns: whether the queue was empty: its first step is to be started.
    mutating func take(_ order: ArchiveOrder) -> Bool {
        guard !failed else { return false }
        let wasIdle = isIdle
        let hasReplaced = queue.add(flaw?.bend(order.steps) ?? order.steps)
        if case .recordInFlight(let shards) = order {
            let word = folder.deaths.hands(shards)
            if hasReplaced { words[words.count - 1] = word } else { words.append(word) }
        }
        return wasIdle && queue.count > 0
    }

    /// Does the next step.
    /// - Returns: what the core is told.
    mutating func step() throws -> CoordinatorEvent? {
        guard !failed, let step = queue.next() else { return nil }
        do {
            switch try work.perform(step) {
            case .done: wrote(step)
            case .report(let event): return event
            case .refused(let event):
                queue.abandonOrder()
                return event
            }
            return nil
        } catch is DiskFull where flaw == .ignoreFullDisk {
            return nil
        } catch {
            failed = true
            throw error
        }
    }

    private mutating func wrote(_ step: ArchiveStep) {
        switch step {
        case .recordDeaths(let shards): folder.deaths.wrote(deaths: shards)
        case .recordInFlight: folder.deaths.wrote(words.removeFirst())
        default: break
        }
    }
}

extension Flaw {
    /// The steps of an order with the bug, where it is one of their order.
    func bend(_ steps: [ArchiveStep]) -> [ArchiveStep] {
        func without(_ isLeftOut: (ArchiveStep) -> Bool) -> [ArchiveStep] { steps.filter { !isLeftOut($0) } }
        func moved(_ isMoved: (ArchiveStep) -> Bool, behind isAnchor: (ArchiveStep) -> Bool) -> [ArchiveStep] {
            let late = steps.filter(isMoved)
            return without(isMoved).flatMap { isAnchor($0) ? [$0] + late : [$0] }
        }
        switch self {
        case .commitBeforeSync: return moved({ $0.name == "sync" }, behind: { $0.name == "commit" })
        case .neverSync: return without { $0.name == "sync" }
        case .forgetFolderSync: return without { $0.name == "syncPartialNames" }
        case .skipExamination: return without { $0.name == "examine" }
        case .commitResultsBeforeMaps:
            return moved({ $0.name == "syncArtifacts" }, behind: { $0.name == "commitResults" })
        case .twoTransactions, .commitTwice: return steps.flatMap { $0.name == "commit" ? [$0, $0] : [$0] }
        case .forgetPoison: return without { $0.name == "recordPoison" }
        case .forgetSplit: return without { $0.name == "split" }
        case .forgetToDrop: return steps.first?.name == "close" ? without { $0.name == "close" } : steps
        case .trustWrittenSums: return steps.first?.name == "adopt" ? without { $0.name == "examine" } : steps
        case .trustWrittenPictures: return without { $0.name == "look" }
        case .forgetHands: return without { $0.name == "recordInFlight" }
        case .sayInHandTooEarly: return steps.first?.name == "recordInFlight" ? steps.reversed() : steps
        case .replaceBeforeSync: return moved({ $0.name == "syncSum" }, behind: { $0.name == "replaceAdded" })
        case .deleteBeforeReplacing: return moved({ $0.name == "replaceAdded" }, behind: { $0.name == "deleteAdded" })
        default: return steps
        }
    }
}

extension ArchiveStep {
    /// What it does, without what it does it to.
    fileprivate var name: Substring { "\(self)".prefix { $0 != "(" } }
}
