import Foundation

/// A string compared byte by byte. File names are bytes: two that differ only in how an accent is composed are two files,
/// while `String` holds them equal.
package struct ExactString: Hashable, Comparable {
    let text: String

    package init(_ text: String) { self.text = text }

    package func hash(into hasher: inout Hasher) {
        // Without a copy of the text, whose owners would be counted: lists have hundreds of thousands of them.
        let isHashed: Void? = text.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        guard isHashed == nil else { return }
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
        let order: Int32?? = left.text.utf8.withContiguousStorageIfAvailable { left in
            right.text.utf8.withContiguousStorageIfAvailable { Self.order(left, $0) }
        }
        if let order = order ?? nil { return order }
        var (left, right) = (left.text, right.text)
        return left.withUTF8 { left in right.withUTF8 { Self.order(left, $0) } }
    }

    private static func order(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int32 {
        guard let l = left.baseAddress, let r = right.baseAddress else { return 0 }
        return memcmp(l, r, min(left.count, right.count))
    }
}
