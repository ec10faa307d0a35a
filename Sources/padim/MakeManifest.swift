import ArgumentParser
import ImageLists
import Terminal

struct MakeManifest: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Lists the images of a data set's folder as CSV, with labels, masks and splits.",
        discussion: """
            Layouts, for --layout:
            \(DataSetLayout.allCases.map { "  \($0.rawValue): \($0.shape)" }.joined(separator: "\n"))

            A folder of several categories makes one list, with a column category (for `fit --by category`) and, in the column label, the kind of \
            defect; so does each folder with --layout. One list serves all commands: `fit` takes its rows of split train, `inspect` and \
            `evaluate` the others. Images to validate with are listed with --split validation or all.

            Without --layout, masks may also lie beside their images (NAME_label.bmp, NAME_GT.png, Label/NAME_label.png): a mask with a pixel other than 0 \
            makes its image a defective one.

            Examples:
              padim manifest mvtec --layout mvtec --output mvtec.csv
              padim manifest mvtec --category bottle --category screw --output two.csv
              padim manifest mvtec/bottle --output bottle.csv
              padim manifest VisA --layout visa --output visa.csv
              padim manifest mvtec/bottle --split test --output bottle-test.csv
            """)

    @Argument(help: "The folder of the data set, or of one category.", completion: .directory)
    var folder: String

    @Option(name: .shortAndLong, help: "The CSV to write; its paths are relative to its folder.", completion: .file())
    var output: String

    @Option(
        help: ArgumentHelp(
            "How the data set is laid out. auto finds out, and says what it took (default: auto).",
            valueName: (DataSetLayout.allCases.map(\.rawValue) + ["auto"]).joined(separator: "|")),
        transform: LayoutChoice.init)
    var layout = LayoutChoice.auto

    @Option(help: "List this category only. May be given more than once.")
    var category: [String] = []

    @Option(help: "train, test, validation or all (default: train and test).")
    var split: Split?

    enum Split: String, ExpressibleByArgument { case train, test, validation, all }

    enum LayoutChoice {
        case auto
        case named(DataSetLayout)

        init(_ word: String) throws {
            if word == "auto" {
                self = .auto
                return
            }
            guard let layout = DataSetLayout(rawValue: word) else {
                let known = (DataSetLayout.allCases.map(\.rawValue) + ["auto"]).joined(separator: ", ")
                throw ValidationError("--layout takes one of \(known), not '\(word)'")
            }
            self = .named(layout)
        }
    }

    func run() throws {
        try requirePlace(for: output, .text)
        var manifest = try readingCommand {
            switch layout {
            case .auto: try Manifest.ofDataSet(folder)
            case .named(let layout): try Manifest.ofDataSet(folder, layout: layout)
            }
        }
        try select(from: &manifest)
        try manifest.write(to: output)
        say(manifest)
    }

    /// Keeps the rows that are asked for.
    private func select(from manifest: inout Manifest) throws {
        let known = manifest.categories
        for name in category where !known.contains(name) {
            let names = known.isEmpty ? "the folder is one category" : "there are \(known.joined(separator: ", "))"
            throw WrongCommand("--category \(name): no such category; \(names)")
        }
        if !category.isEmpty { manifest.rows.removeAll { !category.contains($0.category ?? "") } }
        switch split {
        case .all: break
        case nil:
            let all = manifest.rows.count
            manifest.rows.removeAll { $0.split == Split.validation.rawValue }
            if manifest.rows.count < all {
                manifest.notes.append(
                    "\(all - manifest.rows.count) images to validate with left out; --split validation or all lists them"
                )
            }
        case let split?:
            manifest.rows.removeAll { $0.split != split.rawValue }
            guard !manifest.rows.isEmpty else {
                throw WrongCommand("\(folder): no image of the split \(split.rawValue)")
            }
        }
    }

    private func say(_ manifest: Manifest) {
        let left = manifest.leftOut > 0 ? ", \(manifest.leftOut) defective ones of the folder to fit left out" : ""
        let categories = manifest.categories.count
        let of = categories > 1 ? " of \(categories) categories" : ""
        Output.printLine("\(manifest.rows.count) images\(of) in \(output)\(left)")
        if let layout = manifest.layout, let reason = manifest.reason {
            Output.printLine("layout \(layout.rawValue): \(reason)")
        }
        if manifest.unlabelled > 0 {
            Output.printLine("note: \(manifest.unlabelled) images left out, since their labels are not published")
        }
        manifest.notes.forEach { Output.printLine("note: \($0)") }
    }
}
