import Storage

/// What a job is: everything that its numbers depend on. Two commands with equal records are the same job.
public struct JobRecord: Codable, Equatable, Sendable {
    /// What the job does: fit a model, inspect with one, or both; or calibrate a model that is there.
    public enum Kind: String, Codable, Sendable { case fit, inspect, run, calibrate }

    public let kind: Kind
    /// By the names that the command line gives them: backbone, weights, layers, channels, input-size, ...
    public let settings: [String: String]
    /// Of the canonical text of each image list.
    public let lists: [ImageRole: Digest]

    public init(kind: Kind, settings: [String: String], lists: [ImageRole: Digest]) {
        (self.kind, self.settings, self.lists) = (kind, settings, lists)
    }

    /// One thing in which two jobs differ.
    public struct Difference: Equatable, Sendable, CustomStringConvertible {
        public let name: String
        /// The directory's value, or nil where it has none.
        public let old: String?
        /// The command's value, or nil where it has none.
        public let new: String?
        /// The difference in words, where more is known than two values.
        public var words: String?

        init(name: String, old: String?, new: String?) { (self.name, self.old, self.new) = (name, old, new) }

        /// Where the values are long, what is shown of them begins where they part.
        public var description: String {
            if let words { return "the \(name) now has \(words)" }
            let (old, new) = (Excerpt(old), Excerpt(new))
            return "\(name) is \(old.text(beside: new)) there and \(new.text(beside: old)) now"
        }
    }

    /// What differs between this job and a newly asked one, by name; empty if they are the same.
    public func differences(from new: JobRecord) -> [Difference] {
        let (old, new) = (flat, new.flat)
        return Set(old.keys).union(new.keys).sorted().compactMap { name in
            old[name] == new[name] ? nil : Difference(name: name, old: old[name], new: new[name])
        }
    }

    private var flat: [String: String] {
        var all = settings
        all["command"] = kind.rawValue
        for (role, digest) in lists {
            all[Self.listName(role)] = String(digest.hex.prefix(16))
        }
        return all
    }

    /// By which a difference of lists is named.
    public static func listName(_ role: ImageRole) -> String {
        "list of \(role.label) images (paths, labels, masks, splits)"
    }
}
