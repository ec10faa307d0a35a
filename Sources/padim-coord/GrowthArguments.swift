import ArgumentParser
import JobPlanning

struct GrowthArguments: ParsableArguments {
    @Flag(
        help: """
            Inspect the images that the lists have got since the job began, and leave the others as they are. Their rows follow the others in \
            results.csv. Images that are no longer in the lists keep their results. Without this a job's lists must stay as they were.
            """)
    var onlyNew = false

    @Option(
        help: ArgumentHelp(
            """
            With --only-new, look at folders and lists again after so many seconds, until Ctrl-C. Workers stay connected.
            """, valueName: "seconds"))
    var watch: Int?

    @Option(
        help: ArgumentHelp(
            """
            With --only-new, read a file once its size and its time were the same for so long: until then it is still being written \
            (default: \(usualRestTime)).
            """, valueName: "seconds"))
    var restTime: Int?

    private static let usualRestTime = 2

    /// Nil where a job's images stay the same.
    func options() throws -> GrowthOptions? {
        guard onlyNew else {
            if watch != nil { throw ValidationError("--watch goes with --only-new") }
            if restTime != nil { throw ValidationError("--rest-time goes with --only-new") }
            return nil
        }
        if let watch, !(1...86_400).contains(watch) {
            throw ValidationError("--watch takes 1 to 86400 seconds, not \(watch)")
        }
        let rest = restTime ?? Self.usualRestTime
        guard (0...3_600).contains(rest) else {
            throw ValidationError("--rest-time takes 0 to 3600 seconds, not \(rest)")
        }
        return GrowthOptions(interval: watch.map { .seconds($0) }, restTime: .seconds(rest))
    }
}
