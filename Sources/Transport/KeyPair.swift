import CZeroMQ
import Foundation

/// A CURVE key pair (Curve25519), as ZeroMQ makes and uses it.
public struct KeyPair: Sendable {
    public let publicKey: PublicKey
    let secretKey: SecretKey

    /// - Throws: `TransportError` if ZeroMQ was built without CURVE.
    public static func generate() throws -> KeyPair {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = [CChar](repeating: 0, count: 41)
        defer { secretText.withUnsafeMutableBytes { SecretKey.wipe($0) } }
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else { throw noCurve() }
        var secret = [UInt8](repeating: 0, count: SecretKey.byteCount)
        guard zmq_z85_decode(&secret, secretText) != nil else { throw noCurve() }
        return try KeyPair(secretKey: secret.withUnsafeMutableBytes { SecretKey(wiping: $0) })
    }

    /// Finds the public key that belongs to a secret one.
    init(secretKey: SecretKey) throws {
        var secretText = [CChar](repeating: 0, count: 41)
        var publicText = [CChar](repeating: 0, count: 41)
        var publicBytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
        defer { secretText.withUnsafeMutableBytes { SecretKey.wipe($0) } }
        let encoded = secretKey.withBytes { bytes in
            zmq_z85_encode(&secretText, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count) != nil
        }
        guard encoded, zmq_curve_public(&publicText, secretText) == 0, zmq_z85_decode(&publicBytes, publicText) != nil,
            let publicKey = PublicKey(bytes: publicBytes)
        else { throw Self.noCurve() }
        (self.publicKey, self.secretKey) = (publicKey, secretKey)
    }

    private static func noCurve() -> TransportError {
        TransportError(
            "keys", SocketFailure.text(zmq_errno()), remedy: "install a libzmq that has CURVE (Debian's has)")
    }
}

/// What a server that uses keys needs: its own, and the file that lists the clients' keys it allows.
public struct ServerKeys: Sendable {
    public let pair: KeyPair
    /// Read again whenever it changes: a key added is allowed, and one taken away refused, without a restart.
    public let allowListPath: String

    public init(pair: KeyPair, allowListPath: String) { (self.pair, self.allowListPath) = (pair, allowListPath) }
}

/// What a client needs: its own keys, and the public key of the one server that it trusts.
public struct ClientKeys: Sendable {
    public let pair: KeyPair
    public let serverKey: PublicKey

    public init(pair: KeyPair, serverKey: PublicKey) { (self.pair, self.serverKey) = (pair, serverKey) }
}
