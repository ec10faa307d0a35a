import Foundation
import Storage
import Testing

@Suite struct ImageLocationTests {
    /// As messages have had it since the first version of the protocol.
    @Test func aFileIsItsPathInMessages() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let location = ImageLocation.file("/data/a b.png")
        #expect(try String(decoding: encoder.encode([location]), as: UTF8.self) == #"["/data/a b.png"]"#)
        #expect(try JSONDecoder().decode([ImageLocation].self, from: encoder.encode([location])) == [location])
        #expect(location.text == "/data/a b.png" && "\(location)" == location.text)
    }

    /// An accent that is composed otherwise makes another name, though Swift holds the strings equal.
    @Test func namesAreComparedByteByByte() {
        let (composed, decomposed) = ("/\u{E9}.png", "/e\u{301}.png")
        #expect(composed == decomposed)
        #expect(ImageLocation.file(composed) != .file(decomposed))
        #expect(Set([ImageLocation.file(composed), .file(decomposed), .file(composed)]).count == 2)
    }
}
