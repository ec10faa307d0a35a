import Foundation

/// What one step of an engine does, and how long it took.
public struct StepProfile: Sendable {
    /// The layer, as the weights' names have it.
    public let layer: String
    /// The kernel chosen for it.
    public let kernel: String
    /// Height x width x channels.
    public let output: String
    /// Multiplications and additions for an image, counted as a direct computation does them.
    public let operations: Int
    /// The whole group goes through the step at once, rather than image by image.
    public let isGrouped: Bool
    /// Of the processor's time, for an image; zero in a plan that was not timed.
    public let seconds: Double
}

extension Engine {
    /// The plan, step by step, without timing it.
    public var steps: [StepProfile] {
        profiles(seconds: Array(repeating: 0, count: plan.steps.count))
    }

    /// Runs full groups of a gray image and gives each step's shortest time.
    public func profile(rounds: Int) throws -> [StepProfile] {
        let workspace = try makeWorkspace()
        let images = Array(
            repeating: InputPixels.bytes(Array(repeating: 128, count: 3 * inputHeight * inputWidth)), count: groupSize)
        workspace.imageCount = images.count
        var best = [Double](repeating: .infinity, count: plan.steps.count)
        for _ in 0..<max(1, rounds) {
            var seconds = [Double](repeating: 0, count: plan.steps.count)
            plan.run(images, in: workspace) { number, execution in
                let start = Self.processorSeconds()
                plan.steps[number].run(execution)
                seconds[number] += Self.processorSeconds() - start
            }
            best = zip(best, seconds).map(min)
        }
        return profiles(seconds: best.map { $0 / Double(groupSize) })
    }

    /// This thread's, so that other programs on the machine disturb less.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func profiles(seconds: [Double]) -> [StepProfile] {
        plan.steps.enumerated().map { number, step in
            let shape = step.output.shape
            return StepProfile(
                layer: step.layer, kernel: step.kernel, output: "\(shape.height)x\(shape.width)x\(shape.channels)",
                operations: step.operations, isGrouped: number >= plan.groupedFrom, seconds: seconds[number])
        }
    }
}
