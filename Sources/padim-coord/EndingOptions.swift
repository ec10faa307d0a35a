import ArgumentParser

/// When an inspection ends.
struct EndingOptions: ParsableArguments {
    @Flag(
        help: """
            End the inspection as soon as more images than --max-bad-images are unusable. Without this it scores all others, writes its \
            results, and then exits with 1.
            """)
    var failFast = false
}
