import Foundation

/// A string compared byte by byte. File names are bytes: two that differ only in how an accent is composed are two files,
/// while `String` holds them equal.
package struct ExactString: Hashable, Comparable {
    let text: String

    package init(_ text: String) { self.text = text }

    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    package static func == (left: ExactString, right: ExactString) -> Bool {
        left.text.utf8.count == right.text.utf8.count && order(left, right) == 0
    }

    package static func < (left: ExactString, right: ExactString) -> Bool {
        let order = order(left, right)
        return order == 0 ? left.text.utf8.count < right.text.utf8.count : order < 0
    }

    private static func order(_ left: ExactString, _ right: ExactString) -> Int32 {
        var (left, right) = (left.text, right.text)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard let l = left.baseAddress, let r = right.baseAddress else { return 0 }
                return memcmp(l, r, min(left.count, right.count))
            }
        }
    }
}
