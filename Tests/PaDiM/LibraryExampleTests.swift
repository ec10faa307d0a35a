import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import PaDiM
import Settings
import Storage
import TestSupport
import Testing

// What follows stands in Sources/PaDiM/PaDiM.docc/PaDiM.md as well; a test compares them.
// example
/// Fits a model on images of good parts, and scores others.
/// - Returns: the scores of the images that could be read, by path.
func scores(of images: [String], fittedOn good: [String], weights: String, folder: String) throws -> [String: Float] {
    let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)

    // What the numbers of an embedding mean: backbone, weights, layers, channels, input.
    let checkpoint = try Checkpoint.open(weights)
    let space = try EmbeddingOptions(backbone: "efficientnet_lite0").space(weights: checkpoint.digest)
    let backbone = try Backbone.named(space.backbone)
    let embedder = try Embedder(
        space: space, weights: BackboneWeights(checkpoint, for: backbone, upTo: space.layers), crew: crew)

    // Exact sums: the same bytes in any order, by any number of threads.
    let fitter = try Fitter(embedder: embedder)
    for unusable in try fitter.fold(good.map { .file($0) }) { print("left out: \(unusable)") }
    let (sums, model) = (folder + "/statistics.safetensors", folder + "/model.safetensors")
    try StatisticsFileWriter.write(fitter.statistics, space: space, to: sums)
    try ModelBuilder.build(from: StatisticsFile(path: sums), ModelSettings(epsilon: 0.01), to: model, crew: crew)

    // The closure is called on several threads.
    let scorer = try Scorer(model: GaussianModel(path: model), embedder: embedder)
    let found = Locked<[String: Float]>([:])
    try scorer.score(images.map { .file($0) }) { index, result in
        switch result {
        case .success(let scored): found.withLock { $0[images[index]] = scored.score }
        case .failure(let unusable): print("left out: \(unusable)")
        }
    }
    return found.withLock { $0 }
}
// example

/// The example of the library's documentation.
@Suite struct LibraryExampleTests {
    @Test func thePageHasTheExampleThatIsCompiledHere() throws {
        let file = URL(fileURLWithPath: #filePath)
        let page = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/PaDiM/PaDiM.docc/PaDiM.md")
        let source = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "// example\n")
        let text = try String(contentsOf: page, encoding: .utf8)
        try #require(source.count >= 3)
        #expect(text.contains("```swift\nimport Backbone\n"))
        #expect(text.contains(source[1].trimmingCharacters(in: .newlines) + "\n```\n"))
    }

    @Test func theExampleTellsGoodFromBroken() throws {
        let cells = try SolarCells("mono")
        let folder = try TemporaryFolder()
        let good = Array(cells.training.prefix(40))
        let others =
            Array(cells.scores.filter(\.isDefective).prefix(5)) + cells.scores.filter { !$0.isDefective }.prefix(5)
        let found = try scores(of: others.map(\.file), fittedOn: good, weights: cells.weights, folder: folder.path)
        #expect(found.count == 10)
        func mean(_ isDefective: Bool) -> Float {
            let of = others.filter { $0.isDefective == isDefective }.compactMap { found[$0.file] }
            return of.reduce(0, +) / Float(of.count)
        }
        #expect(mean(true) > mean(false))
    }
}
