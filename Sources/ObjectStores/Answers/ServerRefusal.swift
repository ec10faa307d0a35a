/// What an S3 server says of a request that it refused.
package struct ServerRefusal: Equatable, Sendable {
    /// One of S3's codes, as `AccessDenied`; empty where it says none.
    package private(set) var code = ""
    package private(set) var message = ""
    /// Where the bucket is, when another region was asked.
    package private(set) var region: String?

    package static let none = ServerRefusal()
    /// What is kept of an answer that is an error.
    package static let longestAnswer = 1 << 14

    private init() {}

    /// - Parameter bytes: of the answer. Anything but S3's XML of an error says nothing.
    package init(_ bytes: [UInt8]) {
        guard bytes.first == UInt8(ascii: "<") else { return }
        let reading = Reading()
        try? XMLElements.read(bytes) { path, text in reading.close(path, text) }
        self = reading.found
    }

    private final class Reading {
        var found = ServerRefusal()

        func close(_ path: [String], _ text: String) {
            guard path.first == "Error", path.count == 2 else { return }
            switch path[1] {
            case "Code": found.code = shown(text, 60)
            case "Message": found.message = shown(text, 200)
            case "Region": found.region = shown(text, 64)
            default: break
            }
        }

        /// On one line and short: it comes from outside and goes into logs.
        private func shown(_ text: String, _ longest: Int) -> String {
            let printable = text.unicodeScalars.map { scalar -> Character in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate: " "
                default: Character(scalar)
                }
            }
            return String(String(printable).prefix(longest))
        }
    }
}
