import ArgumentParser
import Compute
import Foundation
import Gaussian
import ImageLists
import Storage
import Terminal

extension StatisticsCommand {
    struct Subtract: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes images out of sums that include them, exactly.",
            discussion: """
                The images are given as their sums, or as a list: then their features are computed here, in the feature space of the \
                sums, and with the same weights. Sums know their images by the contents of the files: an image that is not in them is \
                refused. Sums that a release before 0.3 had a part in do not know them, and may not show it: there, take out only what was put \
                in, and once.

                Examples:
                  padim statistics subtract fit/statistics.safetensors --images wrong.txt --output right.safetensors
                  padim statistics subtract both.safetensors site-a.safetensors --output site-b.safetensors
                """)

        @Argument(help: "The sums that include the images.", completion: .file())
        var whole: String

        @Argument(help: "The sums of the images to take out.", completion: .file())
        var part: String?

        @Option(
            help:
                "The images to take out: a folder, a text list, a CSV list, or the table of `padim suspects --csv`; may repeat.",
            completion: .file())
        var images: [String] = []

        @Option(
            help: "The file of weights that the sums were made with (default: found in the cache by its digest).",
            completion: .file())
        var weights: String?

        @Option(help: "auto, or the instruction set that the fit forced on its workers.")
        var instructionSet = InstructionSetOption.auto

        @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
        var output: String

        func validate() throws {
            guard (part == nil) != images.isEmpty else {
                throw ValidationError("give the images to take out once: as a file of sums, or with --images")
            }
            if images.isEmpty, weights != nil { throw ValidationError("--weights goes with --images") }
        }

        func run() throws {
            try requirePlace(for: output, .sums, reading: [whole, part].compactMap(\.self))
            let whole = try readingCommand { try StatisticsFile(path: self.whole) }
            let rest: StatisticsHeader
            if let part {
                let part = try readingCommand { try StatisticsFile(path: part) }
                if let obstacle = whole.header.obstacle(toCombiningWith: part.header) { throw WrongCommand(obstacle) }
                rest = try StatisticsMerge.subtract(part, from: whole, to: output)
            } else {
                rest = try subtractImages(from: whole)
            }
            Output.printLine("\(rest.count) images in \(output)")
            if rest.count >= 2 { Output.printLine("their model: padim model build \(output) --output FILE") }
        }

        /// The images of a table that `padim suspects` or an inspection wrote have their files as groups: the table's column `path` has
        /// them, and `image_path` is relative to another list.
        private func listed() throws -> ImageList {
            let list = try ImageList.read(images)
            guard images.count == 1, ["score", "path"].allSatisfy(list.unusedColumns.contains) else { return list }
            if let twice = list.duplicates.first {
                throw WrongCommand(
                    "\(images[0]): several images are called \(twice.path) in this table; give a text file with a path a line"
                )
            }
            return try ImageList.read(images, groupColumn: "path")
        }

        private func subtractImages(from whole: StatisticsFile) throws -> StatisticsHeader {
            let set = try instructionSet.onThisMachine()
            let (list, sums) = try readingCommand {
                (
                    try listed(),
                    try ImageSums(like: whole.header, weights: weights, instructionSet: set)
                )
            }
            if !list.duplicates.isEmpty {
                Logs.logger("padim", verbose: false).warning(
                    "\(list.duplicates.count) images are on the list twice; each is taken out once")
            }
            let named = images.joined(separator: ", ")
            guard Int64(list.entries.count) <= whole.header.count else {
                throw WrongCommand(
                    "\(named) has \(list.entries.count) images, and \(whole.path) only \(whole.header.count)")
            }
            // Beside the output: there is room for as much again.
            let temporary = output + ".images-\(getpid())"
            defer { unlink(temporary) }
            try sums.write(list.entries.map { $0.group.map { .file($0) } ?? $0.location }, to: temporary)
            do {
                return try StatisticsMerge.subtract(StatisticsFile(path: temporary), from: whole, to: output)
            } catch let error as GaussianError where error.subject == temporary {
                throw CommandFailure(
                    "\(named): \(error.reason). Sums of a fit with --instruction-set need the same option here")
            }
        }
    }
}
