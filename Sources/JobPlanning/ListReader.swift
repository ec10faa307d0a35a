import ImageAccess
import ImageLists
import Imaging
import Journal
import Logging
import Settings

/// Reads the lists of a job, takes the images that are meant, and says what a user should know of them before it begins.
package struct ListReader {
    private let job: String
    private let logger: Logger
    /// What the job's directory holds already.
    private let begun: JobRecord?

    /// - Parameter job: the job's directory. Its own maps are none of its images.
    package init(job: String, logger: Logger) {
        (self.job, self.logger) = (job, logger)
        begun = try? Journal.read(JobDirectory(job)).job
    }

    /// - Parameters:
    ///   - split: nil: what the role has by default.
    ///   - group: only its images; nil: all.
    ///   - purpose: what becomes of the images, for messages; nil: what becomes of images of the role.
    ///   - lotColumn: as `ImageList.read` takes it.
    /// - Throws: `ListError`; `JobError.wrongRequest` where no image is meant, or none is there.
    package func read(
        _ sources: [String], split: SplitSelection?, role: ImageRole, group: ListGroup? = nil, purpose: String? = nil,
        lotColumn: String? = nil
    ) throws -> ImageList {
        let list: ImageList
        if let group {
            // What there is to say of the whole list was said where its groups were read.
            list = try ImageList.read(sources, passingOver: job, lotColumn: lotColumn, groupColumn: group.column)
                .selecting(split ?? role.usualSplit).list.selecting(group: group.name)
        } else {
            let all = try ImageList.read(sources, passingOver: job, lotColumn: lotColumn)
            reportPassedOver(all)
            list = try select(all, split, role, purpose ?? role.participle)
        }
        try requireEveryImage(list)
        if begun == nil { FirstLook(list: list, logger: logger).warnOfPages() }
        return list
    }

    /// A list that grows: it may have no image yet, files that a job knows may be gone, and others may not be there yet.
    package func readGrowing(_ sources: [String], split: SplitSelection?, role: ImageRole) throws -> ImageList {
        let all = try ImageList.read(sources, passingOver: job, mayBeEmpty: true)
        reportPassedOver(all)
        let list = all.selecting(split ?? role.usualSplit).list
        if begun == nil { FirstLook(list: list, logger: logger).warnOfPages() }
        return list
    }

    /// The images of all groups.
    package func read(
        _ sources: [String], split: SplitSelection?, role: ImageRole, groupedBy column: String
    ) throws -> ImageList {
        let all = try ImageList.read(sources, passingOver: job, groupColumn: column)
        reportPassedOver(all)
        return try select(all, split, role, role.participle)
    }

    private func select(
        _ all: ImageList, _ split: SplitSelection?, _ role: ImageRole, _ purpose: String
    ) throws -> ImageList {
        let (list, leftOut) = all.selecting(split ?? role.usualSplit)
        guard !leftOut.isEmpty else { return list }
        if split == nil, let digest = begun?.lists[role], digest == all.digest() {
            logger.notice(
                "the job began with all \(all.entries.count) images of its list, of whatever split, and goes on so")
            return all
        }
        let splits = leftOut.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5)
        let counts = splits.map { "\($0.value) of split '\($0.key)'" }.joined(separator: ", ")
        let option = role.splitOption
        guard !list.entries.isEmpty else {
            throw JobError.wrongRequest(
                "none of the list's \(all.entries.count) images is to be \(purpose): they are \(counts); \(option) chooses "
                    + "another split, or all")
        }
        logger.notice(
            "\(all.entries.count - list.entries.count) of the list's \(all.entries.count) images are not \(purpose): \(counts); \(option) chooses"
        )
        return list
    }

    private func reportPassedOver(_ list: ImageList) {
        if let first = list.duplicates.first {
            logger.warning(
                """
                \(list.duplicates.count) entries are images that the list has already, and are left out; the first is \
                \(first.path), in \(first.whereAgain) as in \(first.whereFirst)
                """)
        }
        for remark in list.archiveRemarks { logger.warning("\(remark)") }
        warnOfOtherFiles(list)
        if !list.unusedColumns.isEmpty {
            let names = list.unusedColumns.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
            logger.info("columns of the list that are not used: \(names)")
        }
    }

    private func warnOfOtherFiles(_ list: ImageList) {
        let (images, others) = (list.passedOver.images, list.passedOver.others)
        let count = images.values.reduce(0, +)
        let found = list.sources.filter { [.folder, .archive].contains($0.kind) }.reduce(0) { $0 + $1.entries.count }
        if count > 0 {
            let share = count > found ? ": most of what is there" : ""
            logger.warning(
                """
                \(count) of the folders' \(count + found) images are passed over\(share), since their kind is not read \
                (\(PassedOverFiles.text(images))); convert them to PNG if they are meant
                """)
        }
        if list.passedOver.archives > 0 {
            logger.notice(
                "\(list.passedOver.archives) archives in the folders are not looked into, since there are images beside them; name them if they are meant as well"
            )
        }
        if !others.isEmpty {
            logger.info("folders have other files beside images: \(PassedOverFiles.text(others))")
        }
    }

    private static let mostServersAsked = 16

    /// - Throws: `ObjectStoreError` where a bucket or web server does not answer, or lets nobody in.
    private func requireServers(_ list: ImageList) throws {
        for address in list.unknownObjects(atMost: Self.mostServersAsked) {
            _ = try ImageReader.standard.objectClient().isThere(address)
        }
    }

    private func requireEveryImage(_ list: ImageList) throws {
        try requireServers(list)
        let masks = list.missingMasks()
        if let first = masks.first {
            logger.warning("\(masks.count) masks are not there; the first is \(list.whyMissing(first, mask: true))")
        }
        let regions = list.missingRegions()
        if let first = regions.first, let region = first.region {
            logger.warning(
                """
                \(regions.count) images have a region of interest that is not there, and cannot be used; the first is \(first.path), whose \
                roi_path is \(region)
                """)
        }
        let missing = list.missing()
        guard let first = missing.first else { return }
        let why = "the first is \(list.whyMissing(first))"
        guard missing.count < list.entries.count else {
            throw JobError.wrongRequest("none of the list's \(list.entries.count) files is there; \(why)")
        }
        logger.warning("\(missing.count) of \(list.entries.count) files are not there and become unreadable; \(why)")
    }
}

extension ImageRole {
    /// The part of a list that is meant where the command does not say.
    fileprivate var usualSplit: SplitSelection {
        switch self {
        case .normal, .calibration, .excluding: .toFit
        default: .toInspect
        }
    }

    /// The option that chooses another.
    fileprivate var splitOption: String {
        switch self {
        case .normal, .calibration, .excluding: "--split (of a run: --normal-split)"
        default: "--split"
        }
    }
}
