import Archives
import Foundation
import Imaging
import Storage

/// The images in a folder and the folders within it.
struct ImageFolder {
    static let extensions = ImageFormat.extensions
    /// The same, for lists of hundreds of thousands of names.
    static let knownExtensions = Set(extensions)
    private static let maxDepth = 100

    /// Relative to the folder, sorted byte by byte.
    private(set) var images: [String] = []
    /// Likewise; where there are images beside them, they are among those passed over.
    private(set) var archives: [String] = []
    private(set) var passedOver = PassedOverFiles()
    /// Whether all images are regular files, and no link leads nowhere.
    private(set) var areAllRegular = true

    private let root: String
    private let left: Identity?

    private struct Identity: Equatable {
        var device: UInt
        var node: UInt

        init(_ status: stat) { (device, node) = (UInt(status.st_dev), UInt(status.st_ino)) }
    }

    /// Maps and overlays of jobs are pictures, and no images of anything: they are passed over where a folder holds a job.
    /// - Parameter passingOver: the folder of the job that is to be, which is passed over as a whole where it lies below.
    /// - Throws: `ListError` where a folder cannot be read, or a name is not UTF-8.
    init(_ root: String, passingOver: String? = nil) throws {
        self.root = root
        left = passingOver.flatMap(Self.status).map(Identity.init)
        try walk("", above: [])
        images = ByteOrder.sorted(images)
        archives = ByteOrder.sorted(archives)
        guard !images.isEmpty else { return }
        // Often an archive has the very images that lie beside it.
        for archive in archives { passedOver.add(FilePath.fileExtension(archive)) }
        passedOver.archives += archives.count
        archives = []
    }

    private mutating func walk(_ folder: String, above: [Identity]) throws {
        let path = folder.isEmpty ? root : root + "/" + folder
        guard above.count < Self.maxDepth else { throw ListError(path, "more than \(Self.maxDepth) folders deep") }
        guard let status = Self.status(of: path) else { throw ListError(path, code: errno) }
        let identity = Identity(status)
        if identity == left, !above.isEmpty { return }
        // A link to a folder above would lead round in circles.
        guard !above.contains(identity) else { return }
        let children = try Self.children(of: path)
        let isJob = identity == left || children.contains { $0.name == JobLayout.database }
        for child in children {
            if isJob, JobLayout.folders.contains(child.name) {
                passedOver.add("results of a job")
                continue
            }
            let relative = folder.isEmpty ? child.name : folder + "/" + child.name
            switch child.kind ?? Self.status(of: path + "/" + child.name)?.st_mode ?? 0 {
            case let mode where mode & S_IFMT == S_IFDIR: try walk(relative, above: above + [identity])
            // A link that leads nowhere is listed if its name is an image's, to be reported as missing.
            case let mode where mode & S_IFMT == S_IFREG || mode == 0:
                if mode == 0 { areAllRegular = false }
                addFile(relative)
            default: passedOver.add("no regular file")
            }
        }
    }

    private mutating func addFile(_ relative: String) {
        let kind = FilePath.fileExtension(relative)
        if Self.knownExtensions.contains(kind) {
            images.append(relative)
        } else if ArchiveKind.isNamed(relative) {
            archives.append(relative)
        } else {
            passedOver.add(kind)
        }
    }

    private static func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    /// The names in a folder that do not begin with a dot, with their kind where the folder itself tells it.
    static func children(of path: String) throws -> [(name: String, kind: mode_t?)] {
        guard let folder = opendir(path) else { throw ListError(path, code: errno) }
        defer { closedir(folder) }
        var found: [(name: String, kind: mode_t?)] = []
        while true {
            errno = 0
            guard let entry = readdir(folder) else { break }
            let text: String? = try withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                let name = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.firstIndex(of: 0) ?? bytes.count)])
                guard name.first != UInt8(ascii: ".") else { return nil }
                if let text = String(validating: name, as: UTF8.self) { return text }
                let shown = String(decoding: name, as: UTF8.self)
                throw ListError(path, "the file name '\(shown)' is not UTF-8; rename it")
            }
            guard let text else { continue }
            let kind: mode_t? =
                switch Int(entry.pointee.d_type) {
                case Int(DT_DIR): S_IFDIR
                case Int(DT_REG): S_IFREG
                default: nil
                }
            found.append((text, kind))
        }
        guard errno == 0 else { throw ListError(path, code: errno) }
        return found
    }
}
