import Imaging
import Settings

/// Puts the maps of an image's tiles together to one map of the whole image, without seams: where tiles overlap, each counts by how far a
/// pixel is from the tile's border.
///
/// The map has the tiles' resolution. Its row p stands for the place y = (p + 1/2) height / rows of the image. A tile that begins at t and has the
/// side s shows it where t <= y < t + s: at q = (y - t) input / s - 1/2 of its own map, blended linearly between the rows floor(q) and the
/// next, with the weight min(y - t, t + s - y), divided by the sum of the weights of all tiles that show the row. Columns likewise; a tile's
/// weight at a pixel is the product of both.
package struct TileBlend {
    package let width: Int
    package let height: Int
    private let rows: [Axis]
    private let columns: [Axis]

    /// How one tile's map goes into a stretch of the whole map, along one axis.
    private struct Axis {
        let first: Int
        let terms: [Term]
    }

    private struct Term {
        let low: Int
        let high: Int
        /// Of the higher one.
        let share: Float
        let weight: Float
    }

    /// - Parameters:
    ///   - image: its size.
    ///   - map: the size of the whole map.
    ///   - input: the size of a tile's map.
    /// - Precondition: the image can be cut into tiles.
    package init(
        _ tiling: Tiling, image: (width: Int, height: Int), map: (width: Int, height: Int),
        input: (width: Int, height: Int)
    ) {
        (width, height) = map
        rows = Self.axes(tiling, image.height, map.height, input.height)
        columns = Self.axes(tiling, image.width, map.width, input.width)
    }

    private static func axes(_ tiling: Tiling, _ image: Int, _ map: Int, _ input: Int) -> [Axis] {
        let side = Double(tiling.side)
        let starts = tiling.starts(along: image)
        func place(_ pixel: Int) -> Double { (Double(pixel) + 0.5) * Double(image) / Double(map) }
        func weight(_ start: Int, _ pixel: Int) -> Double {
            max(min(place(pixel) - Double(start), Double(start) + side - place(pixel)), 0)
        }
        var totals = [Double](repeating: 0, count: map)
        let ranges = starts.map { start in
            let shown = (0..<map).filter { weight(start, $0) > 0 }
            for pixel in shown { totals[pixel] += weight(start, pixel) }
            return shown
        }
        return zip(starts, ranges).map { start, shown in
            Axis(
                first: shown.first ?? 0,
                terms: shown.map { pixel in
                    let q = max((place(pixel) - Double(start)) * Double(input) / side - 0.5, 0)
                    let low = min(Int(q), input - 1)
                    return Term(
                        low: low, high: min(low + 1, input - 1), share: Float(min(q - Double(low), 1)),
                        weight: Float(weight(start, pixel) / totals[pixel]))
                })
        }
    }

    /// The map under way: tiles are added in their order, row by row, so that its bits do not depend on batches.
    package struct Canvas {
        fileprivate let blend: TileBlend
        fileprivate var values: [Float]

        /// - Parameter tile: its number, row by row.
        package mutating func add(_ map: FloatImage, tile: Int) {
            let row = blend.rows[tile / blend.columns.count]
            let column = blend.columns[tile % blend.columns.count]
            let (stride, width) = (map.width, blend.width)
            map.values.withUnsafeBufferPointer { map in
                values.withUnsafeMutableBufferPointer { values in
                    for (number, vertical) in row.terms.enumerated() {
                        let line = (row.first + number) * width + column.first
                        let (upper, lower) = (vertical.low * stride, vertical.high * stride)
                        for (place, horizontal) in column.terms.enumerated() {
                            let left = Self.mix(
                                map[upper + horizontal.low], map[lower + horizontal.low], vertical.share)
                            let right = Self.mix(
                                map[upper + horizontal.high], map[lower + horizontal.high], vertical.share)
                            let value = Self.mix(left, right, horizontal.share)
                            values[line + place] += vertical.weight * horizontal.weight * value
                        }
                    }
                }
            }
        }

        private static func mix(_ a: Float, _ b: Float, _ share: Float) -> Float { a * (1 - share) + b * share }

        /// The whole map, once all tiles are in it.
        package var map: FloatImage { FloatImage(width: blend.width, height: blend.height, values: values) }
    }

    package var canvas: Canvas { Canvas(blend: self, values: [Float](repeating: 0, count: width * height)) }
}
