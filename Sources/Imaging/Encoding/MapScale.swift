/// How a 16-bit map holds its values: a sample is the value times 2^exponent, rounded. Powers of two, so that what is read back is a
/// number of samples, exactly.
public struct MapScale: Equatable, Sendable {
    /// From the scale that holds every Float32 to one that is finer than any map needs.
    public static let exponents = -113...32
    /// Of PNGs that do not say theirs, as releases wrote them that had one scale for all.
    public static let unsaid = MapScale(unchecked: 8)

    public let exponent: Int

    private init(unchecked exponent: Int) { self.exponent = exponent }

    /// - Returns: nil where the exponent is not one of `exponents`.
    public init?(exponent: Int) {
        guard Self.exponents.contains(exponent) else { return nil }
        self.exponent = exponent
    }

    /// The finest scale that holds a value.
    /// - Parameter value: what is not a number needs no room.
    public init(holding value: Float) {
        let finest = MapScale(unchecked: Self.exponents.upperBound)
        self = finest.widened(to: value)
    }

    /// Samples of one unit of a map's values.
    public var unit: Float { Float(sign: .plus, exponent: exponent, significand: 1) }

    /// The greatest value that is held.
    public var limit: Float { Float(sign: .plus, exponent: -exponent, significand: Float(UInt16.max)) }

    /// This scale, or the next coarser one that holds the value.
    public func widened(to value: Float) -> MapScale {
        var exponent = exponent
        while exponent > Self.exponents.lowerBound, value > MapScale(unchecked: exponent).limit { exponent -= 1 }
        return MapScale(unchecked: exponent)
    }
}

extension MapScale {
    /// Of the PNG's text chunk that says a map's scale.
    static let keyword = "padim-scale"

    /// What the chunk says, to programs and to people.
    var text: String { "2^\(exponent): distance = sample / 2^\(exponent)" }

    /// - Returns: nil for a text that is not understood.
    init?(text: some StringProtocol) {
        guard text.hasPrefix("2^"), let end = text.firstIndex(of: ":"),
            let exponent = Int(text[..<end].dropFirst(2))
        else { return nil }
        self.init(exponent: exponent)
    }
}
