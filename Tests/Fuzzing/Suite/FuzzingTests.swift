import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Hostile bytes, a few seconds of them on every run; `scripts/fuzz` runs for as long as one likes.
@Suite struct FuzzingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Inputs that were findings once. Each lies in the folder of its target.
    @Test(arguments: FuzzTarget.all.map(\.name)) func whatWasFoundStaysMended(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let found = try #require(Bundle.module.resourceURL).appendingPathComponent("Fixtures/" + name).path
        for input in (try? FileManager.default.contentsOfDirectory(atPath: found).sorted()) ?? [] {
            try read(Array(Data(contentsOf: URL(fileURLWithPath: found + "/" + input))), by: target)
        }
    }

    /// A crash ends the whole run: the input at hand is then in the file that is named here.
    @Test(arguments: FuzzTarget.all.map(\.name)) func aShortRun(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let held = NSTemporaryDirectory() + "/padim-fuzzing-\(name)-\(getpid())"
        print("fuzzing \(name); the input at hand is in \(held)")
        var mutator = try Mutator(target, seed: 1)
        for seed in try target.seeds() { try read(seed, by: target) }
        let end = ContinuousClock.now + .milliseconds(500)
        var rounds = 0
        // Always the same inputs; a slow machine reads fewer of them.
        while rounds < 400, rounds < 50 || ContinuousClock.now < end {
            let input = mutator.next()
            try Data(input).write(to: URL(fileURLWithPath: held))
            try read(input, by: target)
            rounds += 1
        }
        unlink(held)
    }

    /// - Throws: where reading took more than five seconds.
    private func read(_ input: [UInt8], by target: FuzzTarget) throws {
        let time = ContinuousClock().measure { input.withUnsafeBytes { target.run($0, in: folder.path) } }
        try #require(time < .seconds(5), "one input of \(input.count) bytes took \(time)")
    }
}
