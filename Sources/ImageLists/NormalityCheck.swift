/// Looks whether names say that some images of a source are not normal ones: whole data sets have folders of defects, masks and
/// images for tests beside the good ones. Only what tells images of the source apart is looked at; the names of folders
/// that all of them are in are the user's business.
public struct NormalityCheck: Sendable {
    /// Why an image may not be a normal one, by the name of its folder or file.
    public enum Suspicion: String, Sendable, CaseIterable {
        case defective = "of defects"
        case mask = "of masks"
        case heldBack = "of images for tests"
    }

    /// Images of one folder that may not be normal ones, for one reason.
    public struct Finding: Sendable, Equatable {
        public let suspicion: Suspicion
        /// The folder's name; nil where masks lie beside their images.
        public let folder: String?
        public var images: Int
        /// The first, as the list names it.
        public let example: String
    }

    /// By folder, the most images first.
    public private(set) var findings: [Finding] = []
    /// How many images are suspected, and how many there are.
    public private(set) var suspected = 0
    public private(set) var total = 0
    /// Whether masks lie beside their images or in a folder there, so that a manifest can be made of them.
    public let hasMasksBesideImages: Bool
    /// Folders in which no image is suspected, relative to the source; "" is the source itself.
    public private(set) var unsuspected: [String] = []

    /// - Parameter number: of the source among the list's.
    public init(_ list: ImageList, source number: Int) {
        // By their places: a copy of an entry is that of all that the list says of it.
        let places = list.sources[number].entries
        total = places.count
        var folders = Folders(of: list, places)
        let masks = Set(MaskNames.masks(among: places.lazy.map { list.entries[$0].path }).values)
        hasMasksBesideImages = !masks.isEmpty
        var counts: [String: Int] = [:]
        var (good, tainted): (Set<String>, Set<String>) = ([], [])
        // The folder of the previous image, if that is a normal one.
        var lastGood: String?
        for place in places {
            let path = list.entries[place].path
            if masks.isEmpty, let lastGood, Self.lies(path, in: lastGood) { continue }
            let folder = Self.folder(of: path)
            var found = folders.verdict(folder).map { ($0.suspicion, Optional($0.name)) }
            if found == nil, masks.contains(ExactString(path)) { found = (.mask, nil) }
            guard let (suspicion, name) = found else {
                good.insert(folder)
                lastGood = folder
                continue
            }
            suspected += 1
            tainted.insert(folder)
            let key = "\(suspicion) \(name ?? "/")"
            if let place = counts[key] {
                findings[place].images += 1
            } else {
                counts[key] = findings.count
                findings.append(.init(suspicion: suspicion, folder: name, images: 1, example: path))
            }
        }
        // A source of which all is called a test is what the user has to fit on.
        if good.isEmpty, findings.allSatisfy({ $0.suspicion == .heldBack }) { (findings, suspected) = ([], 0) }
        findings.sort { ($1.images, $0.example) < ($0.images, $1.example) }
        unsuspected = findings.isEmpty ? [""] : Self.clean(good, tainted)
    }

    /// The largest folders that hold good images and no others.
    private static func clean(_ good: Set<String>, _ tainted: Set<String>) -> [String] {
        let closed = Set(tainted.flatMap { ancestors(of: $0) + [$0] })
        var groups: [String: [String]] = [:]
        for folder in good {
            guard let top = (ancestors(of: folder) + [folder]).first(where: { !closed.contains($0) }) else { continue }
            groups[top, default: []].append(folder)
        }
        // As deep as all of a group lie.
        return groups.values.map { Folders.common($0).joined(separator: "/") }.sorted()
    }

    private static func ancestors(of folder: String) -> [String] {
        let parts = FilePath.components(folder)
        return parts.indices.map { parts[..<$0].joined(separator: "/") }
    }

    static func folder(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? ""
    }

    /// Whether that is the path's folder.
    static func lies(_ path: String, in folder: String) -> Bool {
        folder.isEmpty ? !path.utf8.contains(UInt8(ascii: "/")) : FilePath.lies(path, directlyIn: folder)
    }
}

/// The folders of a source, each judged once.
private struct Folders {
    typealias Verdict = (suspicion: NormalityCheck.Suspicion, name: String)

    private let depth: Int
    private var children: [String: Set<String>] = [:]
    private var verdicts: [String: Verdict?] = [:]

    init(of list: ImageList, _ places: Range<Int>) {
        var folders: Set<String> = []
        var last: String?
        for place in places {
            let path = list.entries[place].path
            if let last, NormalityCheck.lies(path, in: last) { continue }
            let folder = NormalityCheck.folder(of: path)
            folders.insert(folder)
            last = folder
        }
        depth = Self.common(Array(folders)).count
        for folder in folders {
            let parts = FilePath.components(folder).map(String.init)
            for (level, part) in parts.enumerated() {
                children[parts[..<level].joined(separator: "/"), default: []].insert(part)
            }
        }
    }

    /// The parts with which all paths begin.
    static func common(_ folders: [String]) -> [Substring] {
        guard var common = folders.first.map(FilePath.components) else { return [] }
        for folder in folders.dropFirst() where !common.isEmpty {
            common = zip(common, FilePath.components(folder)).prefix { $0 == $1 }.map(\.0)
        }
        return common
    }

    mutating func verdict(_ folder: String) -> Verdict? {
        if let known = verdicts[folder] { return known }
        let verdict = judge(folder)
        verdicts[folder] = .some(verdict)
        return verdict
    }

    private func judge(_ folder: String) -> Verdict? {
        let parts = FilePath.components(folder).map(String.init)
        for level in parts.indices.dropFirst(depth) {
            let siblings = children[parts[..<level].joined(separator: "/")] ?? []
            let others = siblings.subtracting([parts[level]])
            switch FolderWords.meaning(of: parts[level], among: others) {
            case .defective: return (.defective, parts[level])
            case .mask: return (.mask, parts[level])
            case .heldBack: return (.heldBack, parts[level])
            case nil: continue
            }
        }
        return nil
    }
}
