import Foundation
import Journal
import Storage

/// coco.json: the regions of flagged images in COCO's data format (https://cocodataset.org/#format-data), which annotation tools and
/// pycocotools read.
///
/// A region's pixels are a run-length code that is not packed (`counts` is an array): polygons cannot have holes, and would move the outline. Annotations
/// are written as they come; of the images, which follow them, only names and sizes are kept in memory.
struct COCOFile: ~Copyable {
    struct Image: Encodable {
        let id: Int
        let file_name: String
        let width: Int
        let height: Int
    }

    struct Annotation: Encodable {
        struct Segmentation: Encodable {
            /// Height and width of the image.
            let size: [Int]
            let counts: [Int]
        }

        let id: Int
        let image_id: Int
        let category_id = 1
        let segmentation: Segmentation
        let area: Int
        /// Left, top, width and height.
        let bbox: [Int]
        let iscrowd = 0
        /// The region's highest distance, under the name that COCO has for how sure a detector is.
        let score: Float
        // Names of this program's own, which readers of COCO pass over.
        let mean: Double
        let area_mm2: Double?
    }

    private struct Information: Encodable {
        let description = "Regions of flagged images"
        let threshold: Float
    }

    private struct Category: Encodable {
        let id = 1
        let name = "defect"
    }

    private let file: DurableFile
    private let rules: RegionRules
    private var waiting: [UInt8]
    private var written = 0
    private var images: [Image] = []
    private var annotations = 0

    init(_ directory: JobDirectory, threshold: Float, _ rules: RegionRules) throws {
        let information = try Self.text(Information(threshold: threshold))
        let categories = try Self.text([Category()])
        file = try DurableFile(path: directory.inside(JobLayout.coco))
        self.rules = rules
        waiting = Array("{\"info\":\(information),\n\"categories\":\(categories),\n\"annotations\":[".utf8)
    }

    /// - Parameter size: of the image.
    mutating func append(_ regions: [ImageRegion], of record: ImageRecord, size: (width: Int, height: Int)) throws {
        let image = Image(id: images.count + 1, file_name: record.path, width: size.width, height: size.height)
        images.append(image)
        for region in regions {
            annotations += 1
            let annotation = Annotation(
                id: annotations, image_id: image.id,
                segmentation: .init(
                    size: [size.height, size.width],
                    counts: region.shape.runLengths(width: size.width, height: size.height)),
                area: region.area, bbox: [region.left, region.top, region.width, region.height], score: region.peak,
                mean: region.mean, area_mm2: rules.area(of: region))
            try write((annotations > 1 ? ",\n" : "\n") + Self.text(annotation))
        }
    }

    consuming func commit() throws {
        try write("],\n\"images\":[")
        for (number, image) in images.enumerated() {
            try write((number > 0 ? ",\n" : "\n") + Self.text(image))
        }
        try write("]}\n")
        try flush()
        try file.commit()
    }

    private mutating func write(_ text: String) throws {
        waiting += text.utf8
        if waiting.count >= 1 << 16 { try flush() }
    }

    private mutating func flush() throws {
        try waiting.withUnsafeBytes { try file.write($0, at: written) }
        written += waiting.count
        waiting.removeAll(keepingCapacity: true)
    }

    private static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
