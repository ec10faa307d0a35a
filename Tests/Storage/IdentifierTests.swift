import Foundation
import Storage
import Testing

@Suite struct IdentifierTests {
    /// Journals and messages have plain numbers, as from releases in which identifiers were no types.
    @Test func anIdentifierIsItsNumber() throws {
        struct Message: Codable, Equatable {
            let shard: ShardID
            let images: [ImageID]
            let upload: UploadID?
        }
        let message = Message(shard: 7, images: [1, 8], upload: nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(message), as: UTF8.self)
        #expect(text == #"{"images":[1,8],"shard":7}"#)
        #expect(try JSONDecoder().decode(Message.self, from: Data(text.utf8)) == message)
        #expect("\(ShardID(7)) \([ImageID(1), 2])" == "7 [1, 2]")
        for wrong in [
            #"{"images":["1"],"shard":7}"#, #"{"images":[],"shard":{"rawValue":7}}"#, #"{"images":[],"shard":1.5}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Message.self, from: Data(wrong.utf8)) }
        }
    }

    @Test func identifiersCount() {
        let first = ImageID(rawValue: 1 << 40)
        #expect(first.next == first.advanced(by: 1) && first < first.next)
        #expect(first.distance(to: first.advanced(by: 5)) == 5 && first.advanced(by: 5).distance(to: first) == -5)
        #expect((first..<first.advanced(by: 3)).map { $0 } == [first, first.next, first.next.next])
        #expect(Set([first, first.next, first]).count == 2)
    }
}
