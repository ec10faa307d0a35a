import Foundation
import Journal
import Storage

/// regions.csv: a row a region of each flagged image, in the list's order, an image's highest peak first. All places and areas are in the
/// pixels of the image as it was read, and turned where the model turns images.
public struct RegionTable: ~Copyable {
    /// `image_path` and `path` are as in ``ResultsTable``; `region` counts from 1 in each image. `peak` and `mean` are distances.
    /// `area_mm2` is empty where the size of a pixel is not known. New columns are appended.
    public static let header = [
        "image_path", "region", "left", "top", "width", "height", "area", "peak", "peak_col", "peak_row", "path",
        "mean", "centroid_col", "centroid_row", "area_mm2",
    ]

    private var writer: CSVWriter
    private let rules: RegionRules

    init(_ directory: JobDirectory, _ rules: RegionRules) throws {
        writer = try CSVWriter(path: directory.inside(JobLayout.regions), header: Self.header)
        self.rules = rules
    }

    mutating func append(_ regions: [ImageRegion], of record: ImageRecord) throws {
        for (number, region) in regions.enumerated() {
            let numbers = [number + 1, region.left, region.top, region.width, region.height, region.area]
            let centroid = [region.centroidColumn, region.centroidRow].map { String(format: "%.2f", $0) }
            try writer.append(
                [record.path] + numbers.map(String.init)
                    + ["\(region.peak)", String(region.peakColumn), String(region.peakRow), record.location.text]
                    + [String(format: "%.6g", region.mean)] + centroid
                    + [rules.area(of: region).map { String(format: "%.9g", $0) } ?? ""])
        }
    }

    consuming func commit() throws { try writer.commit() }
}
