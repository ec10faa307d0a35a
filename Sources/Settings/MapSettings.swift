/// What the blur takes for the pixels beyond a map's border.
public enum BlurBorder: String, CaseIterable, Sendable, Codable {
    /// The map mirrored, the edge repeated (b a | a b c): SciPy's `reflect`, as the paper's code.
    case repeatingEdge
    /// The map mirrored about the edge (c b | a b c): SciPy's `mirror`, PyTorch's `reflect`, as anomalib.
    case mirror
}

/// The size of the maps given out.
public enum MapSize: String, CaseIterable, Sendable, Codable {
    /// The network's input.
    case input
    /// The image as it was read. Where the middle was cut out, the rest has 0: nobody looked there.
    case original
}
