import ArgumentParser

/// Measures what the coordinator itself costs: a real one, whose workers speak the protocol and compute nothing. scripts/bench builds and
/// starts it.
@main struct ControlCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "control", abstract: "Measures the coordinator with workers that compute nothing.",
        subcommands: [MeasureCommand.self, PlayCommand.self], defaultSubcommand: MeasureCommand.self)
}
