import Archives
import Foundation
import ImageAccess
import Imaging
import Storage

/// The images of an archive, as a list has them.
struct ListedArchive {
    /// An image of the archive, and what files beside it say of it.
    struct Image {
        /// Its name in the archive.
        let name: String
        let location: ImageLocation
        var label: Int?
        var kind: String?
        var split: String?
        var lot: String?
    }

    /// Its path from the root, or its address.
    let path: String
    private let archive: ArchiveMember.Archive
    /// In the order of their names.
    private(set) var images: [Image] = []
    private(set) var passedOver = PassedOverFiles()
    /// What a user should know of the archive.
    private(set) var remarks: [String] = []
    private let index: ArchiveIndex

    /// - Throws: `ArchiveError`, `StorageError` where it cannot be read; `ListError` where a label is not understood.
    init(_ archive: ArchiveMember.Archive, reader: ImageReader) throws {
        (path, self.archive) = (archive.name, archive)
        index = try ArchiveIndex(of: reader.source(archive), contents: SampleLabels.files)
        var labels = SampleLabels()
        for member in index.members { labels.add(member) }
        for member in index.members {
            guard ImageFolder.extensions.contains(FilePath.fileExtension(member.name)) else {
                if !labels.holds(member.name) { passedOver.add(FilePath.fileExtension(member.name)) }
                continue
            }
            var image = Image(name: member.name, location: location(of: member))
            try labels.describe(&image, in: path)
            images.append(image)
        }
        if let damage = index.damage {
            // It counts as an image that cannot be read: there are some, though nobody knows how many.
            images.append(Image(name: "", location: .refused(name: path, reason: damage)))
            remarks.append("\(path): \(damage)")
        }
        if let first = index.repeatedNames.first {
            remarks.append(
                "\(path) has \(index.repeatedNames.count) names more than once, the first is '\(first)': the last member of a name counts, as when the archive is unpacked"
            )
        }
        if index.kind == .compressedTar, !index.isInOrder, images.count > 64 {
            remarks.append(
                "\(path) is compressed, and its members are not in the order of their names: it is decompressed from its beginning many times. "
                    + "Pack it with 'tar --sort=name', or decompress it")
        }
    }

    /// Where the member of a name is; refused where there is none.
    func location(named name: String) -> ImageLocation {
        let parts = FilePath.components(name).joined(separator: "/")
        guard let member = index.member(named: parts) else {
            return .refused(name: path + "/" + name, reason: index.damage ?? "the archive has no member of this name")
        }
        return location(of: member)
    }

    private func location(of member: ArchiveIndex.Member) -> ImageLocation {
        switch member.place {
        case .extent(let extent): .member(ArchiveMember(archive: archive, name: member.name, extent: extent))
        case .refused(let reason): .refused(name: path + "/" + member.name, reason: reason)
        }
    }
}

/// What the files beside an image in an archive say of it, as WebDataset lays them out: `000123.png` has its class in `000123.cls`, and
/// columns as a list's in `000123.json`.
private struct SampleLabels {
    private static let mostBytes: Int64 = 1 << 16
    private static let endings: Set<String> = ["cls", "json"]
    static let files = ArchiveIndex.ContentChoice(mostBytes: mostBytes) {
        endings.contains(FilePath.fileExtension($0))
    }

    /// By the name of the sample and the file's ending.
    private var contents: [String: [UInt8]] = [:]

    /// The name of a member up to the first dot of its last part.
    private static func sample(_ name: String) -> Substring {
        let start = name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name.utf8.index(after: $0) } ?? name.startIndex
        return name[..<(name.utf8[start...].firstIndex(of: UInt8(ascii: ".")) ?? name.endIndex)]
    }

    mutating func add(_ member: ArchiveIndex.Member) {
        guard let content = member.content else { return }
        contents[Self.sample(member.name) + "." + FilePath.fileExtension(member.name)] = content
    }

    func holds(_ name: String) -> Bool { contents[Self.sample(name) + "." + FilePath.fileExtension(name)] != nil }

    /// - Throws: `ListError` where a file says something that is not understood.
    func describe(_ image: inout ListedArchive.Image, in archive: String) throws {
        let sample = Self.sample(image.name)
        var (index, name): (String?, String?)
        if let content = contents[sample + ".json"] {
            guard let fields = (try? JSONSerialization.jsonObject(with: Data(content))) as? [String: Any] else {
                throw ListError(archive, "the member '\(sample).json' is no JSON object")
            }
            (index, name) = (Self.text(fields["label_index"]), Self.text(fields["label"]))
            (image.split, image.lot) = (Self.text(fields["split"]), Self.text(fields["lot"]))
        }
        if let content = contents[sample + ".cls"] {
            let word = String(decoding: content, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if Int(word) == nil { name = name ?? word } else { index = index ?? word }
        }
        do {
            image.label = try ListLabel.read(index: index, name: name, archive, 0)
        } catch let error as ListError {
            throw ListError(archive, "beside '\(image.name)': \(error.reason)")
        }
        image.kind = name.flatMap { ListLabel.kind($0) }
    }

    /// A number, a boolean or a text as a list would have it.
    private static func text(_ value: Any?) -> String? {
        switch value {
        case let text as String: text.isEmpty ? nil : text
        case let number as NSNumber: "\(number)"
        default: nil
        }
    }
}
