import Journal

/// Which images were taken out of a fit since their scores stood out.
package struct TrimRecord: Codable, Sendable {
    package var rounds = 0
    /// In the list of images, counted from 0.
    package var places: [Int] = []

    package init() {}
}

extension JournalKey where Value == TrimRecord {
    package static var trimmed: Self { Self("trimmed") }
}
