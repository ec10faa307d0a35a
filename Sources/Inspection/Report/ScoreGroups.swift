import Foundation
import HTML

/// All scores of a job by what is known of the images: four bytes an image, from which the page counts at any threshold and for any part.
package struct ScoreGroups: Codable, Equatable, Sendable {
    /// Images of one label, source, category and kind of defect.
    package struct Group: Codable, Hashable, Sendable {
        /// Nil where it is not known.
        package var anomalous: Bool?
        /// Numbers of names.
        package var source: Int?
        package var category: Int?
        package var defect: Int?
        package var images = 0
    }

    package struct Names: Codable, Equatable, Sendable {
        package fileprivate(set) var source: [String] = []
        package fileprivate(set) var category: [String] = []
        package fileprivate(set) var defect: [String] = []
    }

    /// What is known of an image.
    package struct Known: Sendable {
        package var anomalous: Bool?
        package var source: String?
        package var category: String?
        package var defect: String?

        package init(
            anomalous: Bool? = nil, source: String? = nil, category: String? = nil, defect: String? = nil
        ) {
            (self.anomalous, self.source, self.category, self.defect) = (anomalous, source, category, defect)
        }
    }

    package private(set) var groups: [Group] = []
    package private(set) var names = Names()
    /// Float32, little-endian: group after group, each with its highest score first.
    package private(set) var scores = Data()

    package init() {}

    /// Collects the scores, image by image.
    package struct Builder: Sendable {
        private var source = NameTable()
        private var category = NameTable()
        private var defect = NameTable()
        private var places: [Group: Int] = [:]
        private var groups: [Group] = []
        private var scores: [[Float]] = []
        /// Images that are only told apart by their labels, since there are too many groups.
        package private(set) var merged = 0

        /// The most groups. Each takes some bytes of the page, and a search at each threshold.
        private static let most = 5_000

        package init() {}

        /// The group of an image, whose names get numbers where they have none.
        package mutating func register(_ image: Known) -> Group {
            image.source.map { source.register($0) }
            image.category.map { category.register($0) }
            image.defect.map { defect.register($0) }
            return group(of: image)
        }

        /// The group of an image that was registered.
        package func group(of image: Known) -> Group {
            Group(
                anomalous: image.anomalous, source: image.source.flatMap(source.number),
                category: image.category.flatMap(category.number), defect: image.defect.flatMap(defect.number))
        }

        /// - Parameter group: of a registered image.
        package mutating func add(_ score: Float, to group: Group) {
            var group = group
            if places[group] == nil, groups.count >= Self.most {
                group = Group(anomalous: group.anomalous)
                merged += 1
            }
            if let place = places[group] {
                scores[place].append(score)
            } else {
                places[group] = groups.count
                groups.append(group)
                scores.append([score])
            }
        }

        package func build() -> ScoreGroups {
            var result = ScoreGroups()
            result.names = Names(source: source.names, category: category.names, defect: defect.names)
            result.scores = Data(capacity: 4 * scores.reduce(0) { $0 + $1.count })
            for (group, scores) in zip(groups, scores) {
                var group = group
                group.images = scores.count
                result.groups.append(group)
                result.scores.append(LittleEndian.data(scores.sorted(by: >)))
            }
            return result
        }
    }

    /// Numbers names in the order in which they come.
    private struct NameTable: Sendable {
        /// As many as a person chooses from, and as a page bears.
        private static let most = 500
        private static let others = "(others)"

        private(set) var names: [String] = []
        private var numbers: [String: Int] = [:]

        mutating func register(_ name: String) {
            guard numbers[name] == nil, names.count <= Self.most else { return }
            // The last place is for all that have none of their own.
            guard names.count < Self.most else { return names.append(Self.others) }
            numbers[name] = names.count
            names.append(HTMLText.visible(name))
        }

        /// Nil for a name that was not registered.
        func number(of name: String) -> Int? {
            numbers[name] ?? (names.count > Self.most ? Self.most : nil)
        }
    }
}

/// Numbers as bytes.
enum LittleEndian {
    static func data(_ numbers: [Float]) -> Data {
        numbers.map(\.bitPattern.littleEndian).withUnsafeBytes { Data($0) }
    }
}
