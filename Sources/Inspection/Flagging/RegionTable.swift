import Journal
import Storage

/// regions.csv: a row a region of each flagged image, in the list's order, an image's highest peak first. All places are in the pixels of the
/// image as it was read.
public struct RegionTable: ~Copyable {
    /// `image_path` and `path` are as in ``ResultsTable``; `region` counts from 1 in each image. New columns are appended.
    public static let header = [
        "image_path", "region", "left", "top", "width", "height", "area", "peak", "peak_col", "peak_row", "path",
    ]

    private var writer: CSVWriter

    init(_ directory: JobDirectory) throws {
        writer = try CSVWriter(path: directory.inside(JobLayout.regions), header: Self.header)
    }

    mutating func append(_ regions: [ImageRegion], of record: ImageRecord) throws {
        for (number, region) in regions.enumerated() {
            let numbers = [number + 1, region.left, region.top, region.width, region.height, region.area]
            try writer.append(
                [record.path] + numbers.map(String.init)
                    + ["\(region.peak)", String(region.peakColumn), String(region.peakRow), record.location.text])
        }
    }

    consuming func commit() throws { try writer.commit() }
}
