/// The objects inside messages.
extension ObjectForm {
    package static let blob = ObjectForm(
        "blob", .init("digest", .digest), .init("byteCount", .whole), .init("path", .string))

    package static let image = ObjectForm(
        "image", .init("id", .whole), .init("file", .string), .init("place", .object(.place), isOptional: true),
        .init("output", .string),
        .init("digest", .string, isOptional: true), .init("context", .boolean, isOptional: true),
        .init("outside", .boolean, isOptional: true), .init("roi", .string, isOptional: true),
        .init("roiPlace", .object(.place), isOptional: true))

    package static let place = ObjectForm(
        "place", .init("archive", .whole, isOptional: true), .init("form", .string, isOptional: true),
        .init("offset", .whole, isOptional: true), .init("length", .whole, isOptional: true),
        .init("size", .whole, isOptional: true), .init("checksum", .whole, isOptional: true),
        .init("storedName", .string, isOptional: true), .init("version", .string, isOptional: true),
        .init("refused", .string, isOptional: true))

    package static let failure = ObjectForm("failure", .init("id", .whole), .init("reason", .string))

    package static let outcome = ObjectForm(
        "outcome", .init("id", .whole), .init("failure", .string, isOptional: true),
        .init("score", .number, isOptional: true), .init("maxRow", .whole, isOptional: true),
        .init("maxColumn", .whole, isOptional: true), .init("imageRow", .whole, isOptional: true),
        .init("imageColumn", .whole, isOptional: true), .init("flagged", .boolean, isOptional: true),
        .init("digest", .string, isOptional: true))

    package static let time = ObjectForm(
        "time", .init("waitingMilliseconds", .whole), .init("totalMilliseconds", .whole))

    package static let relay = ObjectForm("relay", .init("id", .whole), .init("name", .string))

    package static let stage = ObjectForm(
        "stage", .init("number", .whole), .init("instructionSet", .string, isOptional: true),
        .init("servesImages", .boolean, isOptional: true),
        .init("work", .choice(name: "work", works)))

    package static let works = [
        ObjectForm(
            "accumulate", .init("space", .object(.space)), .init("weights", .object(.blob)),
            .init("folder", .object(.folder), isOptional: true), .init("audit", .object(.audit), isOptional: true)),
        ObjectForm(
            "audit", .init("space", .object(.space)), .init("weights", .object(.blob)), .init("audit", .object(.audit))
        ),
        ObjectForm(
            "inspect", .init("model", .object(.blob)), .init("weights", .object(.blob)), .init("order", .object(.order))
        ),
        ObjectForm(
            "calibrate", .init("space", .object(.space)), .init("model", .object(.blob)),
            .init("weights", .object(.blob)), .init("order", .object(.calibration)),
            .init("withoutLot", .object(.blob), isOptional: true)),
        ObjectForm("identify", .init("space", .object(.space))),
        ObjectForm("merge", .init("order", .object(.merging))),
    ]

    package static let audit = ObjectForm("audit", .init("seed", .whole))

    package static let folder = ObjectForm(
        "folder", .init("directory", .string), .init("probe", .string), .init("probeValue", .string))

    package static let part = ObjectForm("part", .init("path", .string), .init("digest", .digest))

    package static let merging = ObjectForm(
        "merging", .init("folder", .object(.folder)), .init("files", .array(.object(.part))),
        .init("statistics", .string),
        .init("model", .string, isOptional: true), .init("pooled", .object(.blob), isOptional: true),
        .init("fused", .boolean))

    package static let calibration = ObjectForm(
        "calibration", .init("rules", .array(.string)), .init("blurBorder", .string), .init("largest", .whole),
        .init("leavesLotsOut", .boolean))

    package static let space = ObjectForm(
        "space", .init("backbone", .string), .init("weights", .digest), .init("layers", .array(.string)),
        .init("layerChannels", .array(.whole)), .init("exponents", .array(.whole)), .init("channels", .array(.whole)),
        .init("inputHeight", .whole), .init("inputWidth", .whole), .init("resize", .whole, isOptional: true),
        .init("crop", .whole, isOptional: true), .init("patchGrid", .string, isOptional: true),
        .init("gridHeight", .whole), .init("gridWidth", .whole),
        .init("scaledJPEG", .boolean, isOptional: true), .init("whiteLevel", .whole, isOptional: true),
        .init("resizePrecision", .string, isOptional: true), .init("mean", .array(.number), isOptional: true),
        .init("deviation", .array(.number), isOptional: true), .init("orientation", .string, isOptional: true),
        .init("fit", .string, isOptional: true),
        .init("rotate", .number, isOptional: true), .init("randomCrop", .boolean, isOptional: true),
        .init("augmentSeed", .whole, isOptional: true), .init("augmentCopies", .whole, isOptional: true),
        .init("tile", .whole, isOptional: true), .init("tileOverlap", .whole, isOptional: true),
        .init("tileImageWidth", .whole, isOptional: true), .init("tileImageHeight", .whole, isOptional: true))

    package static let order = ObjectForm(
        "order", .init("contents", .boolean, isOptional: true), .init("topPercent", .number, isOptional: true),
        .init("blurBorder", .string), .init("maps", .string),
        .init("mapExtension", .string), .init("mapScaleExponent", .whole), .init("mapSize", .string),
        .init("centerMaps", .boolean, isOptional: true), .init("flaggedMapsOnly", .boolean, isOptional: true),
        .init("overlays", .string),
        .init("overlayOpacity", .whole, isOptional: true), .init("firstColor", .number),
        .init("lastColor", .number),
        .init("threshold", .number, isOptional: true), .init("directory", .string), .init("probe", .string),
        .init("probeValue", .string), .init("artifacts", .string, isOptional: true),
        .init("rotate", .number, isOptional: true), .init("randomCrop", .boolean, isOptional: true),
        .init("augmentSeed", .whole, isOptional: true), .init("augmentCopies", .whole, isOptional: true))
}
