import Foundation
import ObjectStores

/// A bucket of a test's own, on the S3 server of all tests.
public struct TestBucket: Sendable {
    public let name: String
    public let client: ObjectClient
    /// What a program's environment needs to use the server.
    public let environment: [String: String]

    /// - Parameter server: the server's address; nil: that of the S3 server. Another one may stand before it, and do something to answers.
    public init(by server: String? = nil) throws {
        let upstream = try ServerProcess.s3().address
        name = "b-" + UUID().uuidString.lowercased()
        environment = [
            "AWS_ENDPOINT_URL": server ?? upstream, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "hush",
            "PADIM_STORE_TIMEOUT": "20", "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        ]
        client = try ObjectClient(ObjectStoreSettings(EnvironmentVariables(environment))) { _ in }
        try client.perform(ObjectRequest(.put, .bucket(BucketAddress(bucket: name, key: ""))))
    }

    /// The address of a key, or of a prefix.
    public func text(_ key: String = "") -> String { "s3://\(name)/\(key)" }

    public func put(_ bytes: [UInt8], at key: String) throws {
        try client.write(.bytes(bytes), to: ObjectAddress(text(key)), contentType: "application/octet-stream")
    }

    public func put(_ text: String, at key: String) throws { try put(Array(text.utf8), at: key) }

    /// Puts a folder's files under their relative paths below a prefix, several at a time.
    public func put(folder: String, at prefix: String) throws {
        var writes: [PendingWrite] = []
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: folder + "/" + path, isDirectory: &isFolder),
                !isFolder.boolValue
            else { continue }
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder + "/" + path)))
            writes.append(
                try client.begin(
                    writing: bytes, to: ObjectAddress(text(prefix + path)), contentType: MediaType.named(path)))
        }
        for write in writes { try write.wait() }
    }

    /// The keys below a prefix, without it.
    public func keys(_ prefix: String = "") throws -> [String] {
        var keys: [String] = []
        try client.list(BucketAddress(bucket: name, key: prefix)) {
            keys.append(String($0.key.dropFirst(prefix.count)))
        }
        return keys
    }
}
