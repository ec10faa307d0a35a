import Foundation

/// A file of profiles, as AWS tools have it: sections in brackets, and a `name = value` a line.
package struct ProfileFile: Sendable {
    private var profiles: [String: [String: String]] = [:]

    private static let largest = 1 << 20

    package static let empty = ProfileFile(text: "", isConfiguration: false)

    /// - Parameter isConfiguration: whether sections are named `[profile NAME]`, but for `[default]`, as in `~/.aws/config`.
    package init(text: String, isConfiguration: Bool) {
        var profile: String?
        for line in text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            // What is indented belongs to a nested section such as "s3 =", of which nothing is used.
            guard let first = line.first, first != "#", first != ";", !first.isWhitespace else { continue }
            if first == "[" {
                profile = Self.name(line, isConfiguration)
                if let profile, profiles[profile] == nil { profiles[profile] = [:] }
            } else if let profile, let sign = line.firstIndex(of: "=") {
                let name = line[..<sign].trimmingCharacters(in: .whitespaces).lowercased()
                profiles[profile]?[name] = line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces)
            }
        }
    }

    /// - Throws: `ObjectSettingsError` where the file is there and cannot be read. One that is not there has no profiles.
    package init(path: String, isConfiguration: Bool) throws {
        guard let file = fopen(path, "re") else {
            guard errno == ENOENT || errno == ENOTDIR else {
                throw ObjectSettingsError("cannot read \(path): \(String(cString: strerror(errno)))")
            }
            self = .empty
            return
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: Self.largest + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else {
            throw ObjectSettingsError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        guard count <= Self.largest else {
            throw ObjectSettingsError("\(path) has more than \(Self.largest) bytes: it is no file of profiles")
        }
        self.init(text: String(decoding: bytes[..<count], as: UTF8.self), isConfiguration: isConfiguration)
    }

    /// What a profile says; nil where there is no such profile.
    package subscript(profile: String) -> [String: String]? { profiles[profile] }

    private static func name(_ line: Substring, _ isConfiguration: Bool) -> String? {
        guard let end = line.firstIndex(of: "]") else { return nil }
        let name = line[line.index(after: line.startIndex)..<end].trimmingCharacters(in: .whitespaces)
        guard isConfiguration, name != "default" else { return name }
        let words = name.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        // Others are sections of services or of single sign-on.
        return words.count == 2 && words[0] == "profile" ? words[1].trimmingCharacters(in: .whitespaces) : nil
    }
}
