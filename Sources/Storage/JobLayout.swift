/// The names of what lies in a job's directory, relative to it: in one place, since modules that do not know jobs need some of them too.
/// Lists pass over a job's results, and the protocol says where a map goes.
public enum JobLayout {
    public static let database = "job.sqlite"
    public static let lockFile = "job.lock"
    public static let partials = "partials"
    public static let statistics = "statistics.safetensors"
    public static let model = "model.safetensors"
    /// The model before it is calibrated.
    public static let uncalibratedModel = "model-uncalibrated.safetensors"
    /// The model with the region of interest of one inspection. It is there only while the images are scored.
    public static let modelOfRegion = "model-of-region.safetensors"
    /// What the covariances of a model with shrinkage are drawn towards. It is there only while workers invert them.
    public static let pooled = "pooled-covariance"
    /// How the names of models without a lot begin, and of the sums that they are made of. They are there only while they are in use.
    public static let withoutLot = "without-lot"
    public static let maps = "maps"
    public static let overlays = "overlays"
    public static let masks = "masks"
    public static let regions = "regions.csv"
    /// The same regions in COCO's data format.
    public static let coco = "coco.json"
    public static let results = "results.csv"
    public static let report = "report.html"
    /// The options of the command that the job was begun or gone on with.
    public static let repetition = "job.yaml"
    /// The folder of the pages that list all images of a large job.
    public static let reportPages = "report"
    /// The file by which workers see whether they see the job's directory, and whether the job still goes on.
    public static let probe = "seen-by-workers"
    /// The page of the fit's own images that look least like the others.
    public static let suspects = "suspects.html"
    /// Whether images that were not flagged have drifted from the model, and where.
    public static let drift = "drift.json"
    /// No image, so that no list takes it for one.
    public static let driftMap = "drift.npy"
    /// What the colours of overlays mean.
    public static let legend = "legend.svg"
    /// The folder that has the jobs of several products, and the table that says which is whose.
    public static let products = "by"
    public static let productTable = "products.csv"

    /// The folders that a job fills with files of its own.
    public static let folders = [maps, overlays, masks, partials, reportPages]

    /// Where a map goes.
    /// - Parameters:
    ///   - output: the image's own place below the folder of maps, without extension.
    ///   - fileExtension: without the dot.
    public static func map(of output: String, fileExtension: String) -> String { "\(maps)/\(output).\(fileExtension)" }

    /// The name of an upload's file in the folder of partials, whoever writes it.
    public static func partial(of upload: UploadID) -> String { "\(upload).safetensors" }

    /// What a map or overlay is called until the results of its shard count. Nobody but who has the lease writes under that name.
    /// - Parameter place: the name that it gets then.
    public static func waiting(_ place: String, under lease: LeaseID) -> String { "\(place).\(lease)" }

    /// The place of an artifact that waits for its name; nil for other names.
    /// - Parameter name: with or without the folder.
    package static func place(ofWaiting name: String) -> String.UTF8View.SubSequence? {
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.utf8.startIndex else { return nil }
        let number = name.utf8[name.utf8.index(after: dot)...]
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return !number.isEmpty && number.allSatisfy(digits.contains) ? name.utf8[..<dot] : nil
    }

    /// Where the mask of a flagged image goes.
    public static func mask(of output: String) -> String { "\(masks)/\(output).png" }

    /// Where an overlay goes.
    public static func overlay(of output: String) -> String { "\(overlays)/\(output).png" }
}
