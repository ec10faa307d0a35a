import ArgumentParser
import ImageLists
import Terminal

struct MakeManifest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Lists the images of a data set's folder as CSV, with labels, masks and splits.",
        discussion: """
            The folder holds train/good, test/good, test/DEFECT and, for masks, ground_truth/DEFECT/NAME_mask.png; or train/ok, \
            test_public/bad and the like. Or masks lie beside their images (NAME_label.bmp, NAME_GT.png, Label/NAME_label.png): a mask \
            with a pixel other than 0 makes its image a defective one. One list serves all commands: `fit` takes its rows of split train, `inspect` and \
            `evaluate` the others. With --split only one part is listed.

            Examples:
              padim manifest mvtec/bottle --output bottle.csv
              padim manifest KolektorSDD2 --output kolektor.csv
              padim manifest mvtec/bottle --split train --output bottle-train.csv
              padim manifest mvtec/bottle --split test --output bottle-test.csv
            """)

    @Argument(help: "The folder of one category.")
    var folder: String

    @Option(name: .shortAndLong, help: "The CSV to write; its paths are relative to its folder.")
    var output: String

    @Option(help: "train or test (default: both).")
    var split: Split?

    enum Split: String, ExpressibleByArgument { case train, test }

    func run() throws {
        try requirePlace(for: output, .text)
        var manifest = try readingCommand { try Manifest.ofDataSet(folder) }
        if let split { manifest.rows.removeAll { $0.split != split.rawValue } }
        try manifest.write(to: output)
        let left = manifest.leftOut > 0 ? ", \(manifest.leftOut) defective ones of the folder to fit left out" : ""
        Output.printLine("\(manifest.rows.count) images in \(output)\(left)")
    }
}
