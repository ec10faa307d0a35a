import ArgumentParser
import Settings

/// What is written of an inspection.
struct MapOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The format of anomaly maps: png16 for 16-bit PNG with its scale in a text chunk, tiff or npy for the unchanged values, or none. \
            flagged keeps only the maps of flagged images, as png16; flagged:tiff and flagged:npy likewise.
            """, valueName: "format"))
    var maps = MapSelection(.png16)

    @Option(help: "The size of maps: that of the network's input, or that of the original image.")
    var mapSize = MapSize.input

    @Option(
        help:
            "Which images get an overlay, the map's colours over the image (default: flagged with a threshold or a false-alarm rate, else none)."
    )
    var overlays: OverlayChoice?

    @Option(
        help: ArgumentHelp(
            "How strongly the map's colours cover the image in overlays: 1 to 100 (default: 50).", valueName: "percent")
    )
    var overlayOpacity: Int?

    @Flag(
        help: """
            Subtract from each map the mean distance of its image's patches. For looking, and for metrics of pixels: scores, flags and \
            overlays are of maps without this. Negative values are written as TIFF and NPY have them, and as 0 in PNG.
            """)
    var centerMaps = false

    @Option(
        help: ArgumentHelp(
            """
            Put copies of maps, overlays, results.csv and the report into a bucket as well, as s3://results/today/, under the same names as \
            in the job's directory. Workers write the maps and overlays, and need credentials as the coordinator does. Objects of the same \
            names are replaced.
            """, valueName: "prefix"))
    var artifacts: String?
}
