import ArgumentParser
import Settings

/// How the images of a fit are read, and which.
struct ReadingOptions: ParsableArguments {
    @Flag(
        help: """
            Decode large JPEGs at a half, a quarter or an eighth of their size. Several times faster for photographs of many \
            megapixels; pixels, and so scores, change a little. The model remembers it.
            """)
    var scaledJpeg = false

    @Option(
        help: ArgumentHelp(
            """
            The sample of 16-bit images that is white: 4095 for cameras of 12 bits, 1023 for 10. auto takes what the first image \
            says (TIFF's MaxSampleValue), else 65535. The model remembers it.
            """, valueName: "auto|N"))
    var whiteLevel = "auto"

    @Option(
        help: """
            exif: images are turned as their files say (EXIF in JPEG, PNG and WebP, TIFF's own tag), and all places are in the turned \
            image. ignore: pixels stay as they are stored. The model remembers it.
            """)
    var orientation = OrientationRule.ignore

    @Flag(
        help: """
            Use every image of the given folders as a normal one. Without this, folders are refused that have folders in them called \
            test, defect, ng, mask or the like.
            """)
    var trustFolders = false

    @Option(
        name: .customLong("continue"), help: "A file of sums to which the job's images are added.", completion: .file())
    var continueFrom: String?
}
