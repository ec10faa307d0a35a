import Cluster
import Testing

/// The wire refuses what docs/PROTOCOL.md does not allow, also where a JSON decoder would take it.
@Suite struct StrictWireTests {
    static func decodes(_ header: String, payload: [UInt8] = [], toWorker: Bool = false) -> Bool {
        decodes(Array(header.utf8), payload: payload, toWorker: toWorker)
    }

    static func decodes(_ header: [UInt8], payload: [UInt8] = [], toWorker: Bool = false) -> Bool {
        let frames = Wire.frames(header: header, payload: payload)
        return toWorker
            ? (try? Wire.decode(frames, as: CoordinatorMessage.self)) != nil
            : (try? Wire.decode(frames, as: WorkerMessage.self)) != nil
    }

    /// The examples of docs/PROTOCOL.md, those of stages as `prepare`.
    static func examples() throws -> [(header: String, payload: [UInt8], toWorker: Bool)] {
        let page = try ProtocolPage()
        let stages = page.examples(ProtocolPage.objects).map { "{\"prepare\":{\"session\":1,\"stage\":\($0)}}" }
        let said = page.examples(ProtocolPage.fromWorker).map { ($0, false) }
        let answered = (page.examples(ProtocolPage.fromCoordinator) + stages).map { ($0, true) }
        return (said + answered).map { header, toWorker in
            let hasPayload = [
                "{\"calibrated", "{\"merged", "{\"picture", "{\"chunk", "{\"piece", "{\"imagePiece",
            ].contains(where: header.hasPrefix)
            return (header, hasPayload ? [1] : [], toWorker)
        }
    }

    @Test(arguments: [
        #"{"prepared":{"session":7,"stage":1,}}"#, #"{"prepared":{"session":7,"stage":1},}"#,
        #"{"prepared":{,"session":7,"stage":1}}"#, #"{"prepared":{"session":7,,"stage":1}}"#,
        #"{"prepared":{"session":7 "stage":1}}"#, #"{"prepared":{"session":7,"stage":1}"#,
        #"{"prepared":{"session":7,"stage":1}}}"#, #"{"prepared":{"session":7,"stage":1}}{}"#,
        #"{"prepared":{"session":7,"stage":1}} 1"#, "{\"prepared\":{\"session\":7,\"stage\":1}}\0",
        #"{"prepared":{"session":7,"stage":1/*one*/}}"#, "{\"prepared\":{\"session\":7,\"stage\":1//one\n}}",
        #"{'prepared':{'session':7,'stage':1}}"#, #"{prepared:{session:7,stage:1}}"#,
        #"{"prepared":{"session":7,"stage":1},"prepared":{"session":7,"stage":1}}"#,
        #"{"prepared":{"session":7,"stage":1},"leaving":{"session":7}}"#,
        #"{"prepared":{"session":7,"stage":1},"note":"x"}"#, #"{"prepared":[7,1]}"#, #"["prepared"]"#, "{}", "", "null",
        #"{"prepared":null}"#, #"{"prepar\u0065d":{"session":7,"stage":1}}"#,
        #"{"prepared":{"s\u0065ssion":7,"stage":1}}"#, #"{"prepared":{"session":7,"session":7,"stage":1}}"#,
        #"{"prepared":{"session":7,"stage":1,"s\u0065ssion":7}}"#, "\u{FEFF}{\"prepared\":{\"session\":7,\"stage\":1}}",
        #"{"Prepared":{"session":7,"stage":1}}"#, #"{"prepared":{"session":7}}"#,
        #"{"prepared":{"session":7,"stage":null}}"#, "{\"prepared\":{\"session\":7,\u{A0}\"stage\":1}}",
        #"{"prepared":{"session":"7","stage":1}}"#, #"{"prepared":{"session":7,"stage":true}}"#,
        #"{"heartbeat":{"leases":[1,2,],"session":7}}"#, #"{"heartbeat":{"leases":[,],"session":7}}"#,
        #"{"heartbeat":{"leases":[1 2],"session":7}}"#, #"{"heartbeat":{"leases":[null],"session":7}}"#,
        #"{"heartbeat":{"leases":{},"session":7}}"#, #"{"heartbeat":{"leases":[],"session":7,"stage":null}}"#,
    ]) func thatIsNoMessage(header: String) {
        #expect(!Self.decodes(header))
    }

    /// An order's words must be known, its values possible, and the extension that of the maps: it is part of files' names.
    @Test(arguments: [
        (#""maps":"png16""#, #""maps":"jpeg""#), (#""maps":"png16""#, #""maps":"none""#),
        (#""mapExtension":"png""#, #""mapExtension":"tiff""#), (#""mapExtension":"png""#, #""mapExtension":"/../x""#),
        (#""mapExtension":"png""#, #""mapExtension":"""#), (#""overlays":"flagged""#, #""overlays":"some""#),
        (#""blurBorder":"repeatingEdge""#, #""blurBorder":"repeating-edge""#),
        (#""mapSize":"input""#, #""mapSize":"output""#), (#""topPercent":1"#, #""topPercent":0"#),
        (#""topPercent":1"#, #""topPercent":101"#),
    ])
    func thatIsNoOrder(_ field: String, _ other: String) throws {
        let example = try #require(Self.examples().first { $0.header.contains("mapExtension") }).header
        #expect(Self.decodes(example, toWorker: true))
        let changed = example.replacing(field, with: other)
        #expect(changed != example && !Self.decodes(changed, toWorker: true))
    }

    /// Fields may come in any order, and white space between them.
    @Test(arguments: [
        #"{"prepared":{"stage":1,"session":7}}"#, " { \"prepared\"\t:\r\n{ \"session\" : 7 , \"stage\" : 1 } } \n",
        #"{"heartbeat":{"session":7,"leases":[ ]}}"#, #"{"heartbeat":{"newest":3,"leases":[ 1 , 2 ],"session":7}}"#,
        #"{"prepared":{"session":-9007199254740991,"stage":9007199254740991}}"#,
    ]) func thatIsAMessage(header: String) {
        #expect(Self.decodes(header))
    }

    @Test(arguments: [
        "1.0", "1e3", "1E3", "10e-1", "01", "-01", "00", "-0", "+1", "-", ".5", "1.", "0x1", "NaN", "Infinity",
        "-Infinity", "9007199254740992", "-9007199254740992", "9223372036854775808", "18446744073709551617", "1_000",
        "",
    ]) func thatIsNoWholeNumber(text: String) {
        #expect(!Self.decodes("{\"prepared\":{\"session\":7,\"stage\":\(text)}}"))
    }

    private func scored(_ score: String) -> String {
        #"{"scored":{"lease":1,"outcomes":[{"id":1,"maxColumn":0,"maxRow":0,"score":\#(score)}],"pictures":0,"session":7}}"#
    }

    @Test(arguments: ["0", "-0", "1.5", "1e3", "1E+3", "2.5e-7", "-0.0", "123456789012"]) func numbers(text: String) {
        #expect(Self.decodes(scored(text)))
    }

    @Test(arguments: ["01", "-01.5", "1.", ".5", "1e", "1e+", "+1", "NaN", "inf", "-Infinity", "1e400", "\"1\"", "- 1"])
    func thatIsNoNumber(text: String) {
        #expect(!Self.decodes(scored(text)))
    }

    private func unfit(_ reason: [UInt8]) -> [UInt8] {
        Array(#"{"unfit":{"reason":""#.utf8) + reason + Array(#"","session":7,"stage":1}}"#.utf8)
    }

    @Test(arguments: [#"a\"b\\c\/d\b\f\n\r\t"#, #"\u00e9\uD83D\uDE00"#, "größe 欠陥 😀", "\u{7F}", ""])
    func strings(text: String) {
        #expect(Self.decodes(unfit(Array(text.utf8))))
    }

    @Test(arguments: [
        Array("a\nb".utf8), Array("a\tb".utf8), [0], [0x1F], Array(#"\x41"#.utf8), Array(#"\u12"#.utf8),
        Array(#"\u12G4"#.utf8), Array(#"\uD800"#.utf8), Array(#"\uDC00\uD800"#.utf8), Array(#"\uD800x"#.utf8),
        Array(#"\'"#.utf8), Array(#"\"#.utf8), [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xE9], [0xE2, 0x82],
    ]) func thatIsNoString(bytes: [UInt8]) {
        #expect(!Self.decodes(unfit(bytes)))
    }

    @Test func otherEncodingsAreNoMessages() {
        let header = #"{"prepared":{"session":7,"stage":1}}"#
        let sixteen = header.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(!Self.decodes(sixteen) && !Self.decodes([0xFF, 0xFE] + sixteen))
        #expect(!Self.decodes(header.utf8.flatMap { [0, 0, 0, $0] }))
    }

    /// In every object of every message.
    @Test func anUnknownFieldIsRefusedAndNamed() throws {
        for (header, payload, toWorker) in try Self.examples() {
            #expect(Self.decodes(header, payload: payload, toWorker: toWorker))
            // The examples have no brackets in their strings.
            for place in header.indices where header[place] == "{" {
                var changed = header
                changed.insert(contentsOf: "\"unheard\":1,", at: header.index(after: place))
                #expect(!Self.decodes(changed, payload: payload, toWorker: toWorker), "\(changed)")
            }
        }
        let frames = Wire.frames(header: Array(#"{"deal":{"images":[{"id":1,"unheard":2}],"lease":1}}"#.utf8))
        #expect { try Wire.decode(frames, as: CoordinatorMessage.self) } throws: {
            "\($0)".contains("deal.images: the field 'unheard' is unknown")
        }
    }

    @Test func aTrailingCommaIsRefusedEverywhere() throws {
        for (header, payload, toWorker) in try Self.examples() {
            for place in header.indices where header[place] == "}" || header[place] == "]" {
                var changed = header
                changed.insert(",", at: place)
                #expect(!Self.decodes(changed, payload: payload, toWorker: toWorker), "\(changed)")
            }
        }
    }

    /// Each field of the examples whose value is no object or array.
    @Test func aFieldStandsOnceAndHasItsType() throws {
        let fractions = ["score", "threshold", "firstColor", "lastColor", "topPercent", "rotate"]
        for (header, payload, toWorker) in try Self.examples() {
            func isRefused(_ range: Range<String.Index>, _ text: String) -> Bool {
                !Self.decodes(header.replacingCharacters(in: range, with: text), payload: payload, toWorker: toWorker)
            }
            for member in header.matches(of: /"([A-Za-z]+)":(-?[0-9.]+|"[^"]*"|true|false)/) {
                let (whole, key, value) = (member.output.0, member.output.1, member.output.2)
                #expect(isRefused(member.range, "\(whole),\(whole)"), "\(whole)")
                #expect(isRefused(member.range, "\"\(key)\":null"), "\(whole)")
                #expect(isRefused(member.range, "\"\(key)\":[\(value)]"), "\(whole)")
                #expect(isRefused(member.range, "\"\(key)\":{}"), "\(whole)")
                if value.first?.isNumber == true {
                    #expect(isRefused(member.range, "\"\(key)\":\"\(value)\""), "\(whole)")
                    #expect(
                        isRefused(member.range, "\"\(key)\":\(value)e0") != fractions.contains("\(key)"), "\(whole)")
                } else {
                    #expect(isRefused(member.range, "\"\(key)\":1"), "\(whole)")
                }
            }
        }
    }

    @Test func aPayloadStandsWhereOneIsDueAndNowhereElse() throws {
        for (header, payload, toWorker) in try Self.examples() {
            #expect(!Self.decodes(header, payload: payload.isEmpty ? [1] : [], toWorker: toWorker), "\(header)")
        }
    }

    /// No prefix of a message is one, and none brings the reader down.
    @Test func noPrefixIsAMessage() throws {
        for (header, payload, toWorker) in try Self.examples() {
            let bytes = Array(header.utf8)
            for count in 0..<bytes.count {
                #expect(!Self.decodes(Array(bytes[..<count]), payload: payload, toWorker: toWorker))
            }
        }
    }
}
