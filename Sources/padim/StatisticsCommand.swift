import ArgumentParser
import Compute
import Foundation
import Gaussian
import Settings
import Storage
import Terminal

struct StatisticsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statistics", abstract: "Looks at exact sums, adds and subtracts them, and makes models of them.",
        discussion: """
            Examples:
              padim statistics add site-a.safetensors site-b.safetensors --output both.safetensors
              padim statistics subtract both.safetensors --images wrong.txt --output right.safetensors
              padim model build right.safetensors --output right-model.safetensors
            """,
        subcommands: [Show.self, Add.self, Subtract.self, Model.self])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a file of statistics holds, and checks its content.",
            discussion: """
                Example:
                  padim statistics show jobs/fit/statistics.safetensors
                """)

        @Argument(help: "The file.", completion: .file())
        var file: String

        func run() throws {
            let statistics = try readingCommand { try StatisticsFile(path: file) }
            try statistics.verify()
            Columns.write(statistics.header.lines)
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds sums of different images, exactly.",
            discussion: """
                An image that is in two of them counts twice. Sums know their images by the contents of the files, so a warning says how \
                many these are (sums that a release before 0.3 had a part in do not know them). They must be of one \
                feature space: the same backbone, weights, layers, channels, input size and fixed-point grid.

                Example:
                  padim statistics add a.safetensors b.safetensors --output both.safetensors
                """)

        @Argument(help: "Two files or more.", completion: .file())
        var files: [String]

        @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
        var output: String

        func validate() throws {
            if files.count < 2 { throw ValidationError("give at least two files to add") }
        }

        func run() throws {
            try requirePlace(for: output, .sums, reading: files)
            let statistics = try readingCommand { try files.map { try StatisticsFile(path: $0) } }
            try requireAddable(statistics)
            try warnOfShared(statistics)
            let sum = try StatisticsMerge.add(statistics, to: output)
            Output.printLine("\(sum.count) images in \(output)")
        }

        private func warnOfShared(_ files: [StatisticsFile]) throws {
            let logger = Logs.logger("padim", verbose: false)
            let images = try files.map { try $0.images() }
            if let unknown = zip(files, images).first(where: { $0.1 == nil }) {
                logger.warning(
                    "\(unknown.0.path) does not say which images it has, so images that are in several files are not found"
                )
            }
            let shared = ImageMultiset.sharedCount(images.compactMap(\.self))
            guard shared > 0 else { return }
            logger.warning(
                """
                \(shared) images are in more than one of the files and count each time, which is seldom meant; \
                padim statistics subtract takes images out of one of them
                """)
        }

        /// Whoever gives the same sums twice, under one name or two, does not mean to count their images twice.
        private func requireAddable(_ files: [StatisticsFile]) throws {
            var paths: [Digest: String] = [:]
            for file in files {
                if let obstacle = files[0].header.obstacle(toCombiningWith: file.header) {
                    throw WrongCommand("\(files[0].path) and \(file.path): \(obstacle)")
                }
                if let other = paths.updateValue(file.path, forKey: file.contentDigest()) {
                    throw WrongCommand(
                        "\(other) and \(file.path): these are the same sums, whose images would count twice; give one")
                }
            }
        }
    }

    /// The earlier name of `padim model build`.
    struct Model: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The same as `padim model build`, which has the examples.")

        @OptionGroup var building: ModelBuilding

        func validate() throws { try building.check() }

        func run() throws { try building.run() }
    }
}

extension StatisticsHeader {
    fileprivate var lines: [[String]] {
        [["images", "\(count)"]] + (samples == count ? [] : [["samples (tiles or copies)", "\(samples)"]])
            + [["clamped numbers", "\(clamped)"]] + space.lines
    }
}

extension FeatureSpace {
    /// A name and a value a line.
    var lines: [[String]] {
        let details = [
            input.resize.map { "shorter side to \($0)" }, input.crop.map { "middle \($0)" },
            input.resizePrecision == .float ? "resized in floats" : nil,
            input.normalization.map { "mean \($0.mean), deviation \($0.deviation)" },
            input.whiteLevel == InputSettings.fullWhite ? nil : "white level \(input.whiteLevel)",
            input.orientation == .exif ? "turned as their files say" : nil,
            input.fit == .pad ? "padded" : nil, input.augmentation.map { "augmented: \($0)" },
            input.tiling.map { "tiles of \($0)" },
            input.scaledJPEG ? "large JPEGs decoded at a fraction of their size" : nil,
        ].compactMap { $0 }
        return [
            ["backbone", backbone],
            ["weights", weights.hex],
            ["layers", layers.joined(separator: ",")],
            ["input", (["\(input.height)x\(input.width)"] + details).joined(separator: ", ")],
            ["patches", "\(gridHeight)x\(gridWidth)" + (patchGrid == .coarsest ? ", of the coarsest layer" : "")],
            ["channels", "\(dimension): " + channels.map(String.init).joined(separator: " ")],
            [
                "grid exponents",
                (grid.layers?.exponents ?? Set(grid.exponents).sorted()).map(String.init).joined(separator: " "),
            ],
        ]
    }
}
