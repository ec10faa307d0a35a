/// How an image of which nothing is cut off is brought to the input's proportions.
public enum ImageFit: String, Codable, CaseIterable, Sendable {
    /// Its proportions are changed.
    case stretch
    /// It keeps its proportions, and the rest of the input is padding, which does not count.
    case pad
}
