import Foundation

/// Where this software keeps what can be had again: weights, data sets, blobs by digest.
public struct CacheDirectory: Sendable {
    public let path: String

    public init(_ path: String) { self.path = path }

    /// `$PADIM_CACHE`, else `$XDG_CACHE_HOME/padim`, else `~/.cache/padim`.
    public static var standard: CacheDirectory {
        let environment = ProcessInfo.processInfo.environment
        if let own = environment["PADIM_CACHE"], !own.isEmpty { return CacheDirectory(own) }
        if let shared = environment["XDG_CACHE_HOME"], !shared.isEmpty { return CacheDirectory(shared + "/padim") }
        return CacheDirectory(NSHomeDirectory() + "/.cache/padim")
    }

    /// Pretrained weights, named `<backbone>.<extension>`.
    public var weights: String { path + "/weights" }
    /// Weights as integers, named by what they were made of.
    public var quantized: String { path + "/quantized" }
    /// Files named by their SHA-256.
    public var blobs: String { path + "/blobs" }

    /// Where the blob of that digest is kept.
    public func blob(_ digest: Digest) -> String { blobs + "/" + digest.hex }

    /// Makes the folder of blobs, with those above it.
    public func makeBlobs() throws { try Folder.create(blobs) }
}
