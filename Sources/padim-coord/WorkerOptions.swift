import ArgumentParser
import Terminal

/// Who works.
struct WorkerOptions: ParsableArguments {
    @Option(
        help:
            "The address on which to listen for workers, as tcp://10.0.0.1:5570. Port 0 lets the system choose a port.")
    var bind: String?

    @Flag(
        help:
            "Send images to workers that do not have their files: nothing but this machine needs to see them. Workers that have them read their own."
    )
    var serveImages = false

    @Option(help: "How many workers to start on this machine (default: one that uses all cores, or none with --bind).")
    var localWorkers: Int?

    @Option(help: "Threads of each local worker (default: the cores divided by the number of workers).")
    var threads: Int?

    @Option(
        help: "The directory of keys that `padim keys` made. Only workers whose key is allowed may connect.",
        completion: .directory)
    var keys: String?

    @Flag(help: "Allow a public address without keys: whoever reaches the port can act as a worker.")
    var insecure = false

    @Option(
        help:
            "The instruction set that every worker must use, so that different processors give the same bits; auto lets each worker choose."
    )
    // Any set there is: the workers' processors may be others than this one.
    var instructionSet = InstructionSetOption.auto
}
