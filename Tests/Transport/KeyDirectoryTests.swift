import Foundation
import TestSupport
import Testing
import Transport

@Suite struct KeyDirectoryTests {
    let folder: TemporaryFolder
    var keys: KeyDirectory { KeyDirectory(path: folder.path + "/keys") }

    init() throws { folder = try TemporaryFolder() }

    @Test func aSecretIsForItsOwnerOnly() throws {
        let key = try keys.create("line-2")
        #expect(try mode("") == 0o700)
        #expect(try mode("line-2.key") == 0o600)
        #expect(try mode("line-2.pub") == 0o644)
        #expect(try text("line-2.pub") == "curve-public-key-1 \(key.hex) line-2\n")
        #expect(try text("line-2.key").hasPrefix("curve-secret-key-1 "))
        #expect(try !text("line-2.key").contains(key.hex))
    }

    /// The lines in docs/PROTOCOL.md, a pair that libzmq's manual has: an implementation in another language reads such files.
    @Test func thePagesKeysAreAPair() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../docs/PROTOCOL.md"
        let lines = try String(contentsOfFile: page, encoding: .utf8).split(separator: "\n").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let secret = try #require(lines.first { $0.hasPrefix("curve-secret-key-1 ") })
        let shared = try #require(lines.first { $0.hasPrefix("curve-public-key-1 ") })
        try keys.create(KeyDirectory.serverName)
        let path = keys.path + "/line-2.key"
        for text in [secret + "\n", secret.replacingOccurrences(of: "b8", with: "B8"), secret + " \r\n\n"] {
            _ = FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            let key = try keys.loadClient(name: "line-2").pair.publicKey
            #expect("curve-public-key-1 \(key) line-2" == shared)
        }
        try shared.write(toFile: keys.path + "/line-2.pub", atomically: true, encoding: .utf8)
        #expect(try keys.allow(publicKeyFile: keys.path + "/line-2.pub") == "line-2")
        #expect(try text("allowed_workers") == shared + "\n")
    }

    @Test func nothingIsOverwritten() throws {
        try keys.create("a")
        let secret = try text("a.key")
        #expect { try keys.create("a") } throws: { "\($0)".contains("a.key") && "\($0)".contains("another name") }
        #expect(try text("a.key") == secret)
        unlink(keys.path + "/a.key")
        #expect { try keys.create("a") } throws: { "\($0)".contains("a.pub") }
        #expect(!FileManager.default.fileExists(atPath: keys.path + "/a.key"))
    }

    @Test(arguments: [
        "", ".hidden", "../up", "a/b", "two words", "line\n2", "-x", String(repeating: "n", count: 65), "ä",
    ])
    func aNameIsAWord(name: String) { #expect(throws: TransportError.self) { try keys.create(name) } }

    @Test func aKeyIsLoadedAsItWasMade() throws {
        let server = try keys.create(KeyDirectory.serverName)
        let worker = try keys.create("worker-1")
        #expect(try keys.loadServer().pair.publicKey == server)
        #expect(try keys.loadClient().serverKey == server)
        #expect(try keys.loadClient().pair.publicKey == worker)
        try keys.create("worker-2")
        #expect { try keys.loadClient() } throws: { "\($0)".contains("worker-1, worker-2") }
        #expect(try keys.loadClient(name: "worker-1").pair.publicKey == worker)
    }

    @Test(arguments: [0o640, 0o604, 0o644, 0o660, 0o610, 0o601] as [mode_t])
    func aSecretThatOthersMayReadIsRefused(mode: mode_t) throws {
        try keys.create(KeyDirectory.serverName)
        let path = keys.path + "/coordinator.key"
        chmod(path, mode)
        #expect { try keys.loadServer() } throws: { "\($0)".contains("chmod 600 '\(path)'") }
        chmod(path, 0o400)
        _ = try keys.loadServer()
    }

    @Test func missingKeysAreNamedWithTheRemedy() throws {
        #expect { try keys.loadServer() } throws: {
            "\($0)".contains("coordinator.key") && "\($0)".contains("keys new")
        }
        #expect { try keys.loadClient() } throws: { "\($0)".contains("coordinator.pub") }
        try keys.create(KeyDirectory.serverName)
        #expect { try keys.loadClient() } throws: { "\($0)".contains("holds no worker's key") }
    }

    @Test func allowingAndRevokingKeepTheRest() throws {
        let keys = keys
        for name in ["one", "two", "three"] {
            try keys.create(name)
            #expect(try keys.allow(publicKeyFile: keys.path + "/\(name).pub") == name)
        }
        try keys.allow(publicKeyFile: keys.path + "/two.pub")
        #expect(try keys.allowed().map(\.name) == ["one", "two", "three"])
        try ("# the night shift\n\n" + text("allowed_workers")).write(
            toFile: keys.allowListPath, atomically: true, encoding: .utf8)
        try keys.revoke("two")
        #expect(try keys.allowed().map(\.name) == ["one", "three"])
        #expect(try text("allowed_workers").hasPrefix("# the night shift\n\n"))
        try keys.revoke(#require(try keys.allowed().first).key.hex)
        #expect(try keys.allowed().map(\.name) == ["three"])
        #expect { try keys.revoke("two") } throws: { "\($0)".contains("two") && "\($0)".contains(keys.allowListPath) }
        try keys.allow(publicKeyFile: keys.path + "/two.pub")
        #expect(try keys.allowed().map(\.name) == ["three", "two"])
    }

    @Test func aNameOfTwoKeysIsRefused() throws {
        let other = KeyDirectory(path: folder.path + "/other")
        try keys.create("one")
        try other.create("one")
        try keys.allow(publicKeyFile: keys.path + "/one.pub")
        #expect { try keys.allow(publicKeyFile: other.path + "/one.pub") } throws: { "\($0)".contains("revoke 'one'") }
    }

    @Test func allowingAtTheSameTimeLosesNone() throws {
        let keys = keys
        for number in 0..<12 { try keys.create("w\(number)") }
        DispatchQueue.concurrentPerform(iterations: 12) { number in
            _ = try? keys.allow(publicKeyFile: keys.path + "/w\(number).pub")
        }
        #expect(try Set(keys.allowed().map(\.name)) == Set((0..<12).map { "w\($0)" }))
    }

    @Test(arguments: [
        "", "nonsense", "curve-public-key-1", "curve-public-key-1 00ff name", "curve-public-key-2 \(zeros) name",
        "curve-public-key-1 \(zeros) two names", "curve-public-key-1 \(zeros) ../name",
        "curve-public-key-1 \(zeros)0 name",
        String(repeating: "x", count: 5_000), "curve-public-key-1 \(zeros) a\ncurve-public-key-1 \(zeros) b",
    ])
    func malformedPublicKeysAreRefused(text: String) throws {
        try FileManager.default.createDirectory(atPath: keys.path, withIntermediateDirectories: true)
        let path = keys.path + "/x.pub"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        #expect { try keys.allow(publicKeyFile: path) } throws: { "\($0)".contains(path) }
    }

    @Test(arguments: [
        "", "nonsense", "curve-secret-key-1", "curve-secret-key-1 00", "curve-secret-key-2 \(zeros)",
        "curve-secret-key-1 \(zeros)0", "curve-secret-key-1 \(zeros) more", String(repeating: "x", count: 5_000),
    ])
    func malformedSecretsAreRefused(text: String) throws {
        try keys.create(KeyDirectory.serverName)
        let path = keys.path + "/coordinator.key"
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o600)
        #expect { try keys.loadServer() } throws: { "\($0)".contains(path) && !"\($0)".contains(zeros) }
    }

    @Test func aDirectoryOrPipeInAKeysPlaceIsRefused() throws {
        try keys.create(KeyDirectory.serverName)
        for make in [{ mkdir($0, 0o700) }, { mkfifo($0, 0o600) }] as [(String) -> Int32] {
            unlink(keys.path + "/coordinator.key")
            #expect(make(keys.path + "/coordinator.key") == 0)
            #expect { try keys.loadServer() } throws: { "\($0)".contains("cannot be read (") }
            rmdir(keys.path + "/coordinator.key")
        }
    }

    /// Whoever can change them says who is trusted.
    @Test(arguments: ["", "/allowed_workers", "/coordinator.pub"]) func whatOthersMayChangeIsRefused(name: String)
        throws
    {
        try keys.create(KeyDirectory.serverName)
        try keys.create("one")
        try keys.allow(publicKeyFile: keys.path + "/one.pub")
        let path = keys.path + name
        let sound: mode_t = name.isEmpty ? 0o700 : 0o644
        for mode in [0o002, 0o020] as [mode_t] {
            chmod(path, sound | mode)
            let load = name == "/coordinator.pub" ? { _ = try keys.loadClient() } : { _ = try keys.loadServer() }
            #expect { try load() } throws: { "\($0)".contains("chmod go-w '\(path)'") }
        }
        if name.isEmpty {
            chmod(path, 0o1777)
            _ = try keys.loadServer()
        }
        chmod(path, sound)
        _ = try (keys.loadServer(), keys.loadClient())
    }

    @Test func aSecretInTheWrongFileIsNotShown() throws {
        try keys.create("one")
        let secret = try text("one.key")
        try secret.write(toFile: keys.allowListPath, atomically: true, encoding: .utf8)
        let digits = secret.split(separator: " ")[1].trimmingCharacters(in: .newlines)
        for act in [{ _ = try keys.allowed() }, { _ = try keys.allow(publicKeyFile: keys.path + "/one.key") }] {
            #expect { try act() } throws: { !"\($0)".contains(digits) }
        }
    }

    @Test func noWordShowsASecret() throws {
        try keys.create(KeyDirectory.serverName)
        try keys.create("one")
        let server = try keys.loadServer()
        let client = try keys.loadClient()
        var shown = ""
        for value in [server, client, server.pair, client.pair] as [Any] {
            dump(value, to: &shown)
            shown += "\(value) \(String(reflecting: value))"
        }
        for file in ["coordinator.key", "one.key"] {
            let digits = try text(file).split(separator: " ")[1].trimmingCharacters(in: .newlines)
            #expect(digits.count == 64)
            #expect(!shown.contains(digits))
        }
        #expect(shown.contains("not shown"))
    }

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: keys.path + "/" + name, encoding: .utf8)
    }

    private func mode(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: keys.path + "/" + name)
        return (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }
}

private let zeros = String(repeating: "0", count: 64)
