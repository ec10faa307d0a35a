import CZeroMQ

/// What the ZeroMQ library of this machine can do.
public enum ZeroMQLibrary {
    /// Whether connections can be encrypted and clients known by keys.
    public static var hasKeys: Bool { zmq_has("curve") == 1 }

    /// As `4.3.4`.
    public static var version: String {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        zmq_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }
}
