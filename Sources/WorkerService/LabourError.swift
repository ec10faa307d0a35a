/// Work that cannot be done here.
struct LabourError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
