import CExpat

/// Reads the XML of a server's answer, element by element, by expat.
///
/// Expat and not Foundation's parser: it is told in C to stop at a document type, so that no entity is ever defined or fetched, and it
/// needs no library that Swift's static runtime lacks.
enum XMLElements {
    /// S3 nests five deep.
    private static let deepest = 16
    /// A key has 1,024 bytes, each of which may be written as three.
    private static let longestText = 1 << 14

    /// Calls `closed` at the end of each element, with the names of those it is in, the outermost first and its own last, and the text
    /// that stands in it directly.
    /// - Throws: `XMLFault`, or what `closed` throws.
    static func read(_ bytes: [UInt8], _ closed: @escaping (_ path: [String], _ text: String) throws -> Void) throws {
        // The encoding is given: what a document says of its own is passed over.
        guard let parser = XML_ParserCreate("UTF-8") else { throw XMLFault("there is no memory to read it") }
        defer { XML_ParserFree(parser) }
        let state = State(parser, closed)
        try withExtendedLifetime(state) {
            XML_SetUserData(parser, Unmanaged.passUnretained(state).toOpaque())
            XML_SetElementHandler(
                parser, { data, name, _ in State.from(data)?.open(name) }, { data, _ in State.from(data)?.close() })
            XML_SetCharacterDataHandler(parser) { data, text, count in State.from(data)?.add(text, Int(count)) }
            XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
                State.from(data)?.stop(XMLFault("it has a document type, which no answer of a server has"))
            }
            let status = bytes.withUnsafeBytes { buffer in
                XML_Parse(parser, buffer.bindMemory(to: CChar.self).baseAddress, Int32(clamping: buffer.count), 1)
            }
            if let fault = state.fault { throw fault }
            guard status == XML_STATUS_OK, bytes.count <= Int(Int32.max) else {
                let message = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "unreadable"
                throw XMLFault("\(message) in line \(XML_GetCurrentLineNumber(parser))")
            }
        }
    }

    /// What is open while a document is read. Used within one call of `read`.
    private final class State {
        private let parser: XML_Parser
        private let closed: ([String], String) throws -> Void
        private var path: [String] = []
        private var texts: [[UInt8]] = []
        private(set) var fault: (any Error)?

        init(_ parser: XML_Parser, _ closed: @escaping ([String], String) throws -> Void) {
            (self.parser, self.closed) = (parser, closed)
        }

        static func from(_ data: UnsafeMutableRawPointer?) -> State? {
            data.map { Unmanaged<State>.fromOpaque($0).takeUnretainedValue() }
        }

        func open(_ name: UnsafePointer<CChar>?) {
            guard fault == nil else { return }
            guard path.count < deepest else { return stop(XMLFault("elements more than \(deepest) deep")) }
            let name = name.map { String(cString: $0) } ?? ""
            // Without the prefix of a namespace.
            path.append(name.split(separator: ":").last.map(String.init) ?? name)
            texts.append([])
        }

        func add(_ text: UnsafePointer<CChar>?, _ count: Int) {
            guard fault == nil, let text, let last = texts.indices.last else { return }
            guard texts[last].count + count <= longestText else {
                return stop(XMLFault("a text of more than \(longestText) bytes"))
            }
            texts[last] += UnsafeRawBufferPointer(start: text, count: count)
        }

        func close() {
            guard fault == nil, let text = texts.popLast() else { return }
            do {
                try closed(path, String(decoding: text, as: UTF8.self))
                path.removeLast()
            } catch {
                stop(error)
            }
        }

        func stop(_ error: any Error) {
            guard fault == nil else { return }
            fault = error
            XML_StopParser(parser, XML_Bool(XML_FALSE))
        }
    }
}

/// XML that cannot be read, and why.
struct XMLFault: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) { self.description = description }
}
