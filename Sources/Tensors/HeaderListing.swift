import Foundation

/// A safetensors header as its JSON says it, not yet checked against the file.
struct HeaderListing: Decodable {
    struct Tensor: Decodable {
        let type: String
        let shape: [Int]
        let offsets: [Int]

        private enum CodingKeys: String, CodingKey {
            case type = "dtype"
            case shape
            case offsets = "data_offsets"
        }
    }

    private(set) var metadata: [String: String]?
    private(set) var tensors: [String: Tensor] = [:]

    /// The format's name for the file's own notes.
    static let metadataName = "__metadata__"

    /// Names in the outer object.
    var nameCount: Int { tensors.count + (metadata == nil ? 0 : 1) }
    /// Names in the objects inside it: three a tensor.
    var fieldCount: Int { 3 * tensors.count + (metadata?.count ?? 0) }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        for name in container.allKeys {
            if name.stringValue == Self.metadataName {
                metadata = try container.decode([String: String].self, forKey: name)
            } else {
                tensors[name.stringValue] = try container.decode(Tensor.self, forKey: name)
            }
        }
    }

    /// - Throws: `TensorError` about `path` that says where in the header the trouble is.
    static func decode(_ json: UnsafeRawBufferPointer, path: String) throws -> HeaderListing {
        do {
            return try JSONDecoder().decode(HeaderListing.self, from: Data(json))
        } catch let error as DecodingError {
            throw TensorError(path, "damaged safetensors file: its header does not decode: \(explanation(of: error))")
        }
    }

    private static func explanation(of error: DecodingError) -> String {
        let context: DecodingError.Context
        switch error {
        case .typeMismatch(_, let its), .valueNotFound(_, let its), .keyNotFound(_, let its), .dataCorrupted(let its):
            context = its
        @unknown default: return "unknown reason"
        }
        let place = context.codingPath.map(\.stringValue).joined(separator: ", ")
        return (place.isEmpty ? "" : "at \(quoted(place)): ") + context.debugDescription.prefix(200)
    }
}
