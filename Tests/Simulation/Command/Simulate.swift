import ArgumentParser

@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulated jobs: with faults, or with crowds of workers.",
        subcommands: [SimulateFaults.self, SimulateCrowd.self], defaultSubcommand: SimulateFaults.self)
}
