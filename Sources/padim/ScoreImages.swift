import ArgumentParser
import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import ImageAccess
import Inspection
import ObjectStores
import PaDiM
import Settings
import Storage
import Terminal
import Thresholds

struct ScoreImages: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Scores images at once, in this process, without a job: a line of JSON for each.",
        discussion: """
            For a quick look, and for programs at the line: the model is loaded once, and with --stdin each path that comes in is answered \
            with a line before the next one is read. The scores are those that an inspection gives.

            A line has path, score, max_row and max_col (where the map is highest, at the network's input size), image_row and image_col (the \
            same in the image's own pixels); p_value where the model is calibrated; flagged and threshold where a threshold is asked for. An \
            image that cannot be read has path and error instead. Somebody waits for the answer, so a server that is busy or does not answer is \
            waited for by 10 s, unless PADIM_STORE_TIMEOUT says another number.

            Examples:
              padim score jobs/fit/model.safetensors today/1.png today/2.png
              padim score model.safetensors --false-alarm-rate 1% today/1.png
              find today -name '*.png' | padim score model.safetensors --stdin | jq 'select(.score > 20)'

            Exit status: 0 all images were scored; 1 some were not, or it failed; 2 the command is wrong.
            """)

    @Argument(help: "The model.", completion: .file())
    var model: String

    @Argument(help: "Images: files, or addresses that begin with s3:// or https://.", completion: .file())
    var images: [String] = []

    @Flag(help: "Read paths from standard input, one a line, and answer each at once.")
    var stdin = false

    @Option(
        help: "The backbone's weights (default: the file in the cache that has the digest that the model names).",
        completion: .file())
    var weights: String?

    @Option(help: "Flag images with a score of at least this.")
    var threshold: Float?

    @OptionGroup var falseAlarms: FalseAlarmOptions

    @Option(help: "Threads that compute (default: all cores).")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard stdin != !images.isEmpty else {
            throw ValidationError(stdin ? "--stdin goes without images" : "give images, or --stdin")
        }
        guard threshold == nil || falseAlarms.limit == nil else {
            throw ValidationError(
                "--threshold and --false-alarm-rate each say which images are flagged: give one of them")
        }
        if let threshold, !threshold.isFinite { throw ValidationError("--threshold takes a finite number") }
        guard (1...1024).contains(threads) else { throw ValidationError("--threads takes 1 to 1024") }
    }

    func run() throws {
        let scorer = try readingCommand {
            try ImageScorer(
                model: model, weights: weights, threads: threads, threshold: threshold, limit: falseAlarms.limit)
        }
        var failures = 0
        func answer(_ paths: [String]) throws {
            for line in try scorer.lines(paths) {
                if line.error != nil { failures += 1 }
                try Output.printLine(line.json)
            }
        }
        if stdin {
            while !Output.isReaderGone, let path = readLine(strippingNewline: true) {
                if !path.isEmpty { try answer([path]) }
            }
        } else {
            for first in stride(from: 0, to: images.count, by: Self.batch) {
                try answer(Array(images[first..<min(first + Self.batch, images.count)]))
            }
        }
        guard failures == 0 else { throw CommandFailure("\(failures) images could not be scored") }
    }

    /// Images that are scored before their lines are printed.
    private static let batch = 64
}

/// A model, ready to score images one by one.
struct ImageScorer {
    /// What is said of an image.
    struct Line: Encodable {
        let path: String
        var score: Float?
        var pValue: Double?
        var flagged: Bool?
        var threshold: Float?
        var maxRow: Int?
        var maxCol: Int?
        var imageRow: Int?
        var imageCol: Int?
        var error: String?

        /// On one line, with keys as `results.csv` has its columns.
        var json: String {
            get throws {
                let encoder = JSONEncoder()
                encoder.keyEncodingStrategy = .convertToSnakeCase
                encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                return String(decoding: try encoder.encode(self), as: UTF8.self)
            }
        }
    }

    /// For how many seconds a server is waited for that does not answer. A job has time; who scores single images waits for each.
    private static let timeout = 10.0

    private let scorer: Scorer
    private let threshold: Float?
    /// Nil where the model has no scores of normal images that compare.
    private let pValues: PValues?

    /// - Parameter limit: by which the threshold is found; nil: it is given, or there is none.
    /// - Throws: where model or weights cannot be read, or no threshold keeps the limit.
    init(model path: String, weights: String?, threads: Int, threshold: Float?, limit: FalseAlarmLimit?) throws {
        let model = try GaussianModel(path: path)
        let backbone = try Backbone.named(model.space.backbone)
        let file = try WeightsFinder(cache: .standard).find(
            weights, for: backbone.name, digest: model.space.weights, normalization: model.space.input.normalization)
        let embedder = try Embedder(
            space: model.space,
            weights: BackboneWeights(Checkpoint.open(file.path), for: backbone, upTo: model.space.layers),
            instructionSet: .best, crew: ThreadCrew(threads: threads), batchSize: nil,
            reader: ImageReader(objects: { try ObjectClient(.current(timeout: Self.timeout)) }))
        let settings = ScoreSettings(imageScore: model.settings.imageScore, blurBorder: model.settings.blurBorder)
        scorer = try Scorer(model: model, embedder: embedder, settings: settings)
        // A model that is not calibrated has none, and that is no fault unless a rate is asked for.
        let calibration =
            model.calibration == nil && limit == nil
            ? nil : try JobCalibration(of: model, digest: model.digest(), scoring: settings)
        self.threshold = try limit.map { try calibration?.threshold(keeping: $0).chosen.threshold } ?? threshold
        pValues = try calibration?.pValues(limit?.basis ?? .larger)
    }

    /// - Returns: a line an image, in their order.
    func lines(_ paths: [String]) throws -> [Line] {
        let found = Locked([Line?](repeating: nil, count: paths.count))
        let (threshold, pValues) = (threshold, pValues)
        try scorer.score(paths.map { ImageLocation(path: $0) }) { index, result in
            var line = Line(path: paths[index])
            switch result {
            case .failure(let failure): line.error = failure.reason
            case .success(let image):
                (line.score, line.maxRow, line.maxCol) = (image.score, image.maxRow, image.maxColumn)
                (line.imageRow, line.imageCol) = (image.imageRow, image.imageColumn)
                line.pValue = pValues?.of(image.score)
                line.threshold = threshold
                line.flagged = threshold.map { image.score >= $0 }
            }
            let done = line
            found.withLock { $0[index] = done }
        }
        return found.withLock { $0.compactMap { $0 } }
    }
}

extension ImageLocation {
    /// A file by its path, or an object by its address.
    fileprivate init(path: String) {
        self =
            StoredObject.isAddress(path)
            ? .object(StoredObject(address: path))
            : .file(path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path)
    }
}
