import ArgumentParser
import Settings

/// What is fitted on.
struct NormalImages: ParsableArguments {
    @Option(
        name: .customLong("images"),
        help:
            "Normal images: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once.",
        completion: .file())
    var images: [String]
}

/// What is inspected, and by what.
struct InspectSource: ParsableArguments {
    @Option(
        help:
            "Images to inspect: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once.",
        completion: .file())
    var images: [String]

    @Option(help: "The model, as `fit` wrote it, for all images.", completion: .file())
    var model: String?
}

/// What is fitted on, and what is inspected.
struct RunSource: ParsableArguments {
    @Option(
        help:
            "Normal images: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once.",
        completion: .file())
    var normal: [String]

    @Option(
        help:
            "Images to inspect: a folder, an archive, a text list, a CSV list or JSON lines, also as s3:// or https:// address. May be given more than once.",
        completion: .file())
    var images: [String]
}
