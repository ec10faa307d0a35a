import ImageLists
import Journal
import Storage

/// A product whose images have a job of their own.
public struct ProductRow: Equatable, Sendable {
    /// How its job has ended; nil: not yet.
    public enum Status: String, Sendable { case done, failed }

    public let group: ImageGroup
    /// Of its job.
    public let directory: JobDirectory
    public private(set) var status: Status?
    /// Why it failed.
    public private(set) var reason: String?

    init(_ group: ImageGroup, in directory: JobDirectory) {
        self.group = group
        self.directory = directory.product(group.name)
    }

    public mutating func end(_ status: Status, reason: String? = nil) { (self.status, self.reason) = (status, reason) }
}

/// products.csv: which product has which folder, and how its job has ended.
public struct ProductTable: Sendable {
    static let header = ["product", "folder", "images", "status", "reason"]

    private let directory: JobDirectory
    /// In the order in which the lists name them.
    public var rows: [ProductRow]

    public init(_ directory: JobDirectory, _ groups: [ImageGroup]) {
        self.directory = directory
        rows = groups.map { ProductRow($0, in: directory) }
    }

    /// - Throws: `StorageError`.
    public func write() throws {
        var writer = try CSVWriter(path: directory.productTable, header: Self.header)
        for row in rows {
            try writer.append([
                row.group.name, Self.folder(of: row.group.name), "\(row.group.images)", row.status?.rawValue ?? "",
                row.reason ?? "",
            ])
        }
        try writer.commit()
    }

    /// Relative to the directory of all.
    static func folder(of product: String) -> String { "\(JobLayout.products)/\(ProductFolder.name(of: product))" }
}
