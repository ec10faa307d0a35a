import ArgumentParser
import Settings

/// Which images of the lists are inspected.
struct InspectSelection: ParsableArguments {
    @Option(help: "Inspect the images of this split of the list (train, test, ...), or all (default: all but train).")
    var split: SplitSelection?
}
