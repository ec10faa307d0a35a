/// The form that a JSON value in a header must have. `Codable` alone passes over what it does not know: fields of other names, fields
/// said twice, `null`, fractions that happen to be whole.
package indirect enum Form: Sendable {
    /// A whole number below 2^53 in magnitude, in digits only.
    case whole
    /// Any number.
    case number
    /// `true` or `false`.
    case boolean
    case string
    /// A string of 64 hexadecimal digits; its type reads them.
    case digest
    case array(Form)
    case object(ObjectForm)
    /// An object with exactly one key, one of these.
    case choice(name: String, [ObjectForm])
    /// Any value, nested no deeper than `Wire.deepestNesting` allows.
    case any
}

/// The fields of an object.
package struct ObjectForm: Sendable {
    package struct Field: Sendable {
        package let name: String
        package let isOptional: Bool
        package let form: Form
        let bytes: [UInt8]

        package init(_ name: String, _ form: Form, isOptional: Bool = false) {
            (self.name, self.form, self.isOptional) = (name, form, isOptional)
            bytes = Array(name.utf8)
        }
    }

    package let name: String
    /// Ascending by name, as the encoder writes them; 64 at most.
    package let fields: [Field]
    /// Whether other fields may stand beside these.
    let isOpen: Bool
    /// Bits of the fields that must be there.
    let required: UInt64

    package init(_ name: String, isOpen: Bool = false, _ fields: Field...) {
        precondition(fields.count <= 64, "the fields that were seen are the bits of a number")
        self.name = name
        self.isOpen = isOpen
        let sorted = fields.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        self.fields = sorted
        required = sorted.indices.reduce(0) { sorted[$1].isOptional ? $0 : $0 | 1 << UInt64($1) }
    }
}

/// One message's form.
package struct MessageForm: Sendable {
    package let fields: ObjectForm
    /// Whether it has a payload; one that has is never sent with an empty one.
    package let hasPayload: Bool

    package var name: String { fields.name }

    init(_ fields: ObjectForm, hasPayload: Bool = false) { (self.fields, self.hasPayload) = (fields, hasPayload) }
}

/// The messages of one direction.
public protocol WireMessage: Codable, Equatable, Sendable {
    static var forms: MessageForms { get }
    /// The header of a message that is said often, as the general encoder writes it; nil where that has to.
    var quickHeader: [UInt8]? { get }
    /// A message that is said often, out of a header that has its form; nil where the general decoder has to read it.
    static func quick(_ name: String, _ header: [UInt8]) -> Self?
}

/// The forms of one direction's messages.
public struct MessageForms: Sendable {
    package let all: [MessageForm]
    /// The object around them: one key, the message's name.
    let header: Form

    init(_ all: MessageForm...) {
        self.all = all
        header = .choice(name: "message", all.map(\.fields))
    }

    func hasPayload(_ name: String) -> Bool { all.contains { $0.name == name && $0.hasPayload } }
}
