import Imaging

/// Brings pixels of a map to the image that it is of.
struct RegionPlacement {
    let window: InputWindow
    private let rows: Axis
    private let columns: Axis

    init(_ window: InputWindow) {
        self.window = window
        (rows, columns) = (Axis(window.vertical), Axis(window.horizontal))
    }

    /// Which pixels of a side of the map and of the image stand for each other.
    private struct Axis {
        /// The map's pixels of each of the image's.
        let inputs: [Range<Int>]
        /// The image's pixels of each of the map's, the converse: neighbours' follow each other without a gap.
        let images: [Range<Int>]

        init(_ axis: InputWindow.Axis) {
            inputs = (0..<axis.original).map { axis.inputs(of: $0) }
            var images = [Range<Int>](repeating: 0..<0, count: axis.input)
            for (image, inputs) in inputs.enumerated() {
                for input in inputs {
                    let first = images[input].isEmpty ? image : images[input].lowerBound
                    images[input] = first..<image + 1
                }
            }
            self.images = images
        }

        func images(of inputs: Range<Int>) -> Range<Int> {
            let first = images[inputs.lowerBound].lowerBound
            return first..<max(images[inputs.upperBound - 1].upperBound, first)
        }
    }

    func image(of region: PixelColumns) -> PixelColumns {
        let wide = region.left..<region.left + region.columns.count
        let images = columns.images(of: wide)
        var placed: [[Range<Int>]] = []
        placed.reserveCapacity(images.count)
        var last: (inputs: Range<Int>, stretches: [Range<Int>]) = (0..<0, [])
        for image in images {
            let inputs = columns.inputs[image].clamped(to: wide)
            // Where the map is coarser, several columns of the image are of one of the map.
            if inputs != last.inputs || placed.isEmpty {
                last = (inputs, stretches(of: inputs.map { region.columns[$0 - region.left] }))
            }
            placed.append(last.stretches)
        }
        return PixelColumns(left: images.lowerBound, columns: placed)
    }

    /// All that any of the columns has, in rows of the image.
    private func stretches(of columns: [[Range<Int>]]) -> [Range<Int>] {
        let placed = columns.joined().map { rows.images(of: $0) }.sorted { $0.lowerBound < $1.lowerBound }
        var merged: [Range<Int>] = []
        for stretch in placed {
            if let last = merged.last, stretch.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, stretch.upperBound)
            } else {
                merged.append(stretch)
            }
        }
        return merged
    }
}
