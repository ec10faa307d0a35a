/// Which layer's pixels are the patches.
public enum PatchGrid: String, Codable, CaseIterable, Sendable {
    /// Those of the first layer, as in the paper. Other layers' pixels are repeated.
    case finest
    /// Those of the layer with the fewest. Other layers are averaged over each of them.
    case coarsest
}
