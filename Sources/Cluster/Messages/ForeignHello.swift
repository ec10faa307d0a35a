/// The `hello` of a worker of another release, whose other fields nobody here may understand: enough to send it away in words.
public struct ForeignHello: Decodable, Sendable {
    private struct Fields: Decodable, Sendable {
        let version: Int
        let name: String?
    }

    private let hello: Fields

    /// As a message of this release with nothing but what is certain; nil for the hello of this release, which is to be read in
    /// full or not at all.
    public var message: WorkerMessage? {
        guard hello.version != Wire.version else { return nil }
        return .hello(
            version: hello.version, incarnation: 0, name: hello.name ?? "of another release", threads: 0,
            instructionSet: "")
    }
}
