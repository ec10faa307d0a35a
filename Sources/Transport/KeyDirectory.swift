import Foundation
import Storage

/// A directory of keys (`--keys DIR`).
///
/// The coordinator's holds
///
///     coordinator.key       its secret key: one line, mode 0600
///     coordinator.pub       its public key, to be copied to every worker
///     allowed_workers       the workers' public keys, one a line: what is not here gets no frame through
///
/// and a worker's
///
///     NAME.key  NAME.pub    its own
///     coordinator.pub       the one coordinator that it trusts
///
/// One directory can be both. To let a worker in: `padim keys new NAME --keys DIR` there, copy `NAME.pub` to the
/// coordinator and `padim keys allow NAME.pub --keys DIR` here, copy `coordinator.pub` there. The list is read again
/// when it changes.
public struct KeyDirectory: Sendable {
    /// The name of the server's key.
    public static let serverName = "coordinator"

    public let path: String

    public init(path: String) { self.path = path }

    private func file(_ name: String) -> String { path + "/" + name }
    /// The file of public keys that may connect.
    public var allowListPath: String { file("allowed_workers") }

    /// Makes a key pair: `NAME.key`, which only its owner may read, and `NAME.pub`. Makes the directory if need be.
    /// - Throws: `TransportError` if either is there already; nothing is ever overwritten.
    @discardableResult
    public func create(_ name: String) throws -> PublicKey {
        try KeyName.check(name)
        try makeDirectory()
        let pair = try KeyPair.generate()
        var secret = KeyFile.secretLine(pair.secretKey)
        defer { secret.withUnsafeMutableBytes { SecretKey.wipe($0) } }
        try SmallFile.create(file(name + ".key"), secret, mode: 0o600)
        do {
            let line = KeyFile.publicLine(KeyFile.Entry(key: pair.publicKey, name: name))
            try SmallFile.create(file(name + ".pub"), Array(line.utf8), mode: 0o644)
        } catch {
            unlink(file(name + ".key"))
            throw error
        }
        return pair.publicKey
    }

    /// Lets in the worker whose public key a file holds.
    /// - Returns: the name it is listed under.
    /// - Throws: `TransportError` if the name is already another key's.
    @discardableResult
    public func allow(publicKeyFile: String) throws -> String {
        let entry = try KeyFile.readPublic(publicKeyFile)
        try changeList { text in
            let entries = try KeyFile.parseList(text, path: allowListPath)
            if entries.contains(entry) { return nil }
            if let other = entries.first(where: { $0.name == entry.name || $0.key == entry.key }) {
                throw TransportError(
                    "worker '\(entry.name)'", "cannot be allowed: '\(other.name)' is listed with that name or key",
                    remedy: "revoke '\(other.name)' first, or make a key of another name")
            }
            return text + (text.isEmpty || text.hasSuffix("\n") ? "" : "\n") + KeyFile.publicLine(entry)
        }
        return entry.name
    }

    /// Takes a worker off the list; from then on nothing that it sends counts, by its open connection either.
    /// - Parameter worker: its name, or its public key in hexadecimal.
    /// - Throws: `TransportError` if it is not listed.
    public func revoke(_ worker: String) throws {
        try changeList { text in
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let kept = try lines.filter { line in
                let entries = try KeyFile.parseList(String(line), path: allowListPath)
                return !entries.contains { $0.name == worker || $0.key == PublicKey(hex: worker) }
            }
            guard kept.count < lines.count else {
                throw TransportError(
                    "worker '\(worker)'", "is not in \(allowListPath)",
                    remedy: "look there for the names that are listed")
            }
            return kept.joined(separator: "\n")
        }
    }

    /// The names and keys that are let in, in the list's order; none where there is no list.
    /// - Throws: `TransportError` where a list cannot be read.
    public func allowed() throws -> [(name: String, key: PublicKey)] {
        try KeyFile.readList(allowListPath).map { ($0.name, $0.key) }
    }

    /// The same for one who asks about the directory, which must be there then.
    public func list() throws -> [(name: String, key: PublicKey)] {
        _ = try names(endingIn: ".pub")
        return try allowed()
    }

    /// The coordinator's keys. An empty list of workers, or none, is no error: workers can be allowed later.
    public func loadServer() throws -> ServerKeys {
        try checkUnchangeable()
        _ = try allowed()
        return ServerKeys(pair: try KeyFile.readSecret(file(Self.serverName + ".key")), allowListPath: allowListPath)
    }

    /// A worker's keys.
    /// - Parameter name: whose; needed only where the directory holds several workers' keys.
    public func loadClient(name: String? = nil) throws -> ClientKeys {
        try checkUnchangeable()
        let server = try KeyFile.readPublic(file(Self.serverName + ".pub"), isTrusted: true)
        let name = try name ?? onlyClient()
        try KeyName.check(name)
        return ClientKeys(pair: try KeyFile.readSecret(file(name + ".key")), serverKey: server.key)
    }

    /// Sees to it that workers beside the coordinator, which use the same directory, will be let in.
    /// - Throws: `TransportError` that says what to do.
    public func checkLocalClient() throws {
        let name = try onlyClient()
        let key = try loadClient(name: name).pair.publicKey
        guard try allowed().contains(where: { $0.key == key }) else {
            throw TransportError(
                "worker '\(name)'", "is not in \(allowListPath)",
                remedy: "let it in: padim keys allow '\(file(name + ".pub"))' --keys '\(path)'")
        }
    }

    private func checkUnchangeable() throws {
        var status = stat()
        // What is not there is named, with the remedy, when it is to be read.
        guard stat(path, &status) == 0 else { return }
        try SmallFile.checkUnchangeable(path, status)
    }

    private func onlyClient() throws -> String {
        let names = try names(endingIn: ".key").filter { $0 != Self.serverName }
        guard names.count == 1 else {
            throw TransportError(
                path,
                names.isEmpty ? "holds no worker's key" : "holds the keys of \(names.sorted().joined(separator: ", "))",
                remedy: names.isEmpty
                    ? "make one: padim keys new NAME --keys '\(path)'; the coordinator lets it in with `padim keys allow NAME.pub`"
                    : "keep one worker's key in a directory")
        }
        return names[0]
    }

    private func names(endingIn ending: String) throws -> [String] {
        do {
            let files = try FileManager.default.contentsOfDirectory(atPath: path)
            return files.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
        } catch {
            throw refusal("cannot be read as a directory of keys", error)
        }
    }

    private func makeDirectory() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw refusal("cannot be made a directory of keys", error)
        }
    }

    /// What Foundation says of the directory.
    private func refusal(_ what: String, _ error: any Error) -> TransportError {
        let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
        return TransportError(
            path, what, remedy: "check the path and its permissions", code: code.flatMap { Int32(exactly: $0) })
    }

    /// Replaces the list as a whole, one change at a time. No new text means no change.
    private func changeList(_ change: (String) throws -> String?) throws {
        let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
            throw TransportError(
                path, "cannot be opened as a directory of keys", remedy: "check the path and its permissions",
                code: errno)
        }
        defer { close(lock) }
        if let text = try change(KeyFile.listText(allowListPath)) {
            // Whatever the mask: a list that others may change is not believed.
            try DurableFile.write(text.utf8, to: allowListPath, mode: 0o644)
        }
    }
}

/// Names of keys: they are also names of files, and words in a list.
enum KeyName {
    static func isValid(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && !name.hasPrefix(".") && !name.hasPrefix("-")
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
            }
    }

    static func check(_ name: String) throws {
        guard isValid(name) else {
            throw TransportError(
                "key name '\(name.prefix(64))'", "is not made of letters, digits, '-', '_' and '.' only",
                remedy: "choose a name such as line-2")
        }
    }
}
