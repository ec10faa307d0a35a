import Storage
import TestSupport

/// A run's only source of chance.
package final class Dice {
    private var generator: SeededGenerator

    package init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        // Neighbouring seeds begin with neighbouring states; a few steps apart they are strangers.
        generator = SeededGenerator(seed: generator.next() ^ 0x5EED)
    }

    func next() -> UInt64 { generator.next() }

    /// A number in the range.
    package func draw(_ range: ClosedRange<Int>) -> Int { range.lowerBound + generator.below(range.count) }

    func draw(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(generator.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    func draw(_ range: ClosedRange<ImageID>) -> ImageID {
        ImageID(rawValue: draw(range.lowerBound.rawValue...range.upperBound.rawValue))
    }

    package func percent(_ chance: Int) -> Bool { generator.below(100) < chance }

    /// True with one chance in so many; never for 0.
    func oneIn(_ many: Int) -> Bool { many > 0 && generator.below(many) == 0 }

    package func pick<Element>(_ elements: [Element]) -> Element { elements[generator.below(elements.count)] }
}
