import ArgumentParser
import Foundation
import Gaussian
import Inspection
import Journal
import Storage
import Terminal

struct Prune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Removes files that a finished job can do without, and says what and how many bytes.",
        discussion: """
            Removed are the partial sums, after the sums and the model were found to be sound, and unfinished files of processes that were \
            killed. With --maps the maps of images that are not flagged go as well, and results.csv is written anew; there are \
            no metrics over pixels then. The report stays as it is.

            Examples:
              padim prune jobs/today --dry-run
              padim prune jobs/today --maps
            """)

    @Argument(help: "The job's directory.", completion: .directory)
    var job: String

    @Flag(help: "Remove the maps of images that are not flagged.")
    var maps = false

    @Flag(help: "Only say what would be removed.")
    var dryRun = false

    func run() throws {
        let journal = try readingCommand { try Journal.reopen(JobDirectory(job)) }
        try check(journal)
        let pruning = JobPruning(journal, isRehearsal: dryRun)
        var removed = [try pruning.removePartials(), try pruning.removeLeftovers()]
        if maps {
            removed.append(try pruning.removeMapsOfUnflagged())
            if !dryRun { try ResultsTable.export(journal, role: .inspect, to: journal.directory.results) }
        }
        try journal.close()
        for kind in removed {
            Output.printLine("\(dryRun ? "would remove" : "removed") \(kind.files) \(kind.kind), \(kind.bytes) bytes")
        }
    }

    private func check(_ journal: Journal) throws {
        let directory = journal.directory
        guard try journal.value(.phase) == .done else {
            throw InspectionError("the job in \(directory.path) is not finished: it needs all of its files")
        }
        if maps, try journal.value(.threshold) == nil {
            throw WrongCommand(
                "no image is flagged, as the job has no threshold; flag first: padim flag \(job) --threshold T")
        }
        guard [.fit, .run].contains(journal.job.kind) else { return }
        // What is removed can only be made again from the images.
        let found = try Digest(ofFile: directory.model)
        guard try found == journal.value(.model) else {
            throw InspectionError(
                "\(directory.model) is not the model that the job made; give the job's command once more, and prune then"
            )
        }
        try StatisticsFile(path: directory.statistics).verify()
    }
}
