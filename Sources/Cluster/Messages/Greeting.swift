import Foundation

/// The one field that every version of the protocol has in its first message, so that a worker of another version can be refused with a reason.
struct Greeting: Decodable {
    struct Words: Decodable { let version: Int }

    let hello: Words

    /// Whatever stands beside the version is for those who speak it.
    static let form = ObjectForm(
        "greeting", isOpen: true, .init("hello", .object(ObjectForm("hello", isOpen: true, .init("version", .whole)))))
}

extension Wire {
    /// A `hello` that this version does not understand, as one that it does: with its version and nothing else. Nil for anything
    /// that is no such hello.
    public static func foreignGreeting(_ frames: [[UInt8]]) -> WorkerMessage? {
        guard (try? checkFrames(frames)) != nil, (try? FormReader.check(frames[0], .object(Greeting.form))) != nil,
            let greeting = try? JSONDecoder().decode(Greeting.self, from: Data(frames[0])),
            greeting.hello.version != version
        else { return nil }
        return .hello(
            version: greeting.hello.version, incarnation: 0, name: "another release", threads: 0, instructionSet: "")
    }
}
