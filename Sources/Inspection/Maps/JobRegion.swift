import Foundation
import Gaussian
import Imaging
import Journal
import Settings
import Storage

/// The region of interest that a job's images were scored in, as its journal keeps it: what is made of the maps later leaves out the same.
public struct JobRegion: Codable, Equatable, Sendable {
    /// A mask whose white pixels count.
    private let png: Data

    /// - Throws: `ImageError` where there is no memory.
    init(_ region: RegionOfInterest) throws { png = Data(try MaskEncoder.encode(region.mask)) }

    /// - Throws: ``InspectionError`` where the journal holds no region.
    func region(of journal: Journal) throws -> RegionOfInterest {
        let name = "the region of interest in \(journal.directory.database)"
        do {
            let mask = try png.withUnsafeBytes { try Mask.decode($0, name: name) }.mask
            let region = RegionOfInterest(width: mask.width, height: mask.height, counts: mask.defective)
            guard let region else { throw InspectionError("\(name) has no pixel") }
            return region
        } catch let error as ImageError {
            throw InspectionError("\(error)")
        }
    }
}

extension Journal {
    /// Keeps the region that images are scored in; nil: all of an image counts.
    public func keep(_ region: RegionOfInterest?) throws {
        if let region {
            try set(.region, to: JobRegion(region))
        } else if try value(.region) != nil {
            try forget(.region)
        }
    }
}

extension JournalKey where Value == JobRegion {
    public static var region: Self { Self("region of interest") }
}
