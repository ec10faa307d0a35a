import Compute

/// Something that is measured, ours beside what a user would take instead.
struct Comparison {
    /// As `--only` names it.
    let name: String
    /// What is measured, in words.
    let title: String
    let unit: String
    /// From seconds to the unit.
    var scale = 1.0
    /// The ratio to reach, and the one to hope for.
    var target: Double?
    var stretch: Double?
    /// So many rounds are enough, where what is measured does not vary.
    var mostRounds: Int?
    /// Sets up both sides; what it sets up is gone when the measure is.
    let prepare: (Surroundings) throws -> Measure
}

/// Both sides, ready to run.
struct Measure {
    let ours: Contestant
    /// Several where the faster one counts; none where there is nothing to compare with here.
    var peers: [Contestant] = []
}

/// One side of a comparison.
struct Contestant {
    let name: String
    /// Runs once.
    /// - Returns: seconds, or whatever the comparison's unit is made of.
    let run: () throws -> Double
}

/// What measures need to know of the machine and the command line.
struct Surroundings {
    /// An interpreter that has the peers, if there is one.
    let python: String?
    /// The folder of the peers' scripts.
    let peers: String
    /// A library that makes a processor seem to have less when it is preloaded.
    let holder: String?
    /// Copies of the peers' packages that ask it; nil where their own do.
    let heldCopies: String?
    /// The folder of our programs.
    let binaries: String
    /// Photographs of solar cells.
    let photographs: String
    /// A folder for generated files that are kept.
    let cache: String
    /// A folder for what is thrown away.
    let scratch: String
    /// Images of a whole job.
    let jobImages: Int

    /// What peers need in their environment to take the processor for one that has that set at most; nil: all that it has.
    func environment(heldTo set: InstructionSet?) throws -> [String: String] {
        guard let set else { return [:] }
        guard let holder else { throw BenchmarkError("nothing holds the peers to \(set)") }
        var variables = ["HELD_TO": "\(set)", "LD_PRELOAD": holder]
        if let heldCopies {
            variables["HELD_COPIES"] = "1"
            variables["PYTHONPATH"] = heldCopies
        }
        return variables
    }
}
