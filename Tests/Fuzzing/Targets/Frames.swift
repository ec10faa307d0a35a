import Cluster
import Gaussian
import Storage

extension FuzzTarget {
    /// The protocol's messages, said to both sides by somebody who says anything at any time.
    ///
    /// An input is a conversation, a message a line: JSON, then perhaps a tab and a payload. Its checksum is put right, for no
    /// mutation would hit it.
    static let frames = FuzzTarget(
        "frames",
        words: Conversation.names + [
            "\"session\":\(Conversation.session)", "\"lease\":2147483650", "9223372036854775807",
            "-9223372036854775808",
            "-1", "0", "1e400", "null", "[", "{", "\t", "\n",
        ]
    ) {
        try Conversation.seeds()
    } read: { bytes, _ in
        _ = try? Wire.decode([Array(bytes)], as: WorkerMessage.self)
        var conversations = Conversation.Stage.allCases.map { Conversation($0) }
        for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(40) {
            let parts = line.split(separator: UInt8(ascii: "\t"), maxSplits: 1, omittingEmptySubsequences: false)
            let (header, payload) = (Array(parts[0]), parts.count > 1 ? Array(parts[1]) : [])
            let frames = Wire.frames(header: header, payload: payload)
            if let (message, payload) = try? Wire.decode(frames, as: WorkerMessage.self) {
                for index in conversations.indices { conversations[index].hear(message, payload) }
            }
            if let (message, payload) = try? Wire.decode(frames, as: CoordinatorMessage.self) {
                conversations[0].hear(message, payload)
            }
        }
        for index in conversations.indices { conversations[index].end() }
    }
}
