import Imaging

/// The connected regions of a mask: pixels that touch, also at a corner, belong together.
package struct MaskRegions: Equatable, Sendable {
    /// The region of each pixel, row by row: -1 outside all regions.
    package let labels: [Int32]
    /// How many pixels each region has.
    package let sizes: [Int]

    package init(_ mask: Mask) {
        var forest = DisjointSets(count: mask.defective.count)
        let width = mask.width
        for row in 0..<mask.height {
            for column in 0..<width where mask.defective[row * width + column] {
                let here = row * width + column
                // The neighbours that were visited before: left, and the three above.
                if column > 0, mask.defective[here - 1] { forest.join(here, here - 1) }
                guard row > 0 else { continue }
                for above in max(0, column - 1)...min(width - 1, column + 1)
                where mask.defective[(row - 1) * width + above] {
                    forest.join(here, (row - 1) * width + above)
                }
            }
        }
        (labels, sizes) = Self.number(mask, &forest)
    }

    private static func number(_ mask: Mask, _ forest: inout DisjointSets) -> ([Int32], [Int]) {
        var labels = [Int32](repeating: -1, count: mask.defective.count)
        var sizes: [Int] = []
        for pixel in labels.indices where mask.defective[pixel] {
            // A root is the first pixel of its region, so it has its number by now.
            let root = forest.root(of: pixel)
            if root == pixel {
                labels[pixel] = Int32(sizes.count)
                sizes.append(0)
            }
            labels[pixel] = labels[root]
            sizes[Int(labels[root])] += 1
        }
        return (labels, sizes)
    }
}

/// Sets of pixels that grow together; the least pixel of a set is its root.
private struct DisjointSets {
    private var parents: [Int32]

    init(count: Int) { parents = (0..<Int32(count)).map { $0 } }

    mutating func root(of pixel: Int) -> Int {
        var pixel = Int32(pixel)
        while parents[Int(pixel)] != pixel {
            parents[Int(pixel)] = parents[Int(parents[Int(pixel)])]
            pixel = parents[Int(pixel)]
        }
        return Int(pixel)
    }

    mutating func join(_ first: Int, _ second: Int) {
        let (first, second) = (root(of: first), root(of: second))
        parents[max(first, second)] = Int32(min(first, second))
    }
}
