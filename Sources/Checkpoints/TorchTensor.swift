import Tensors

/// A run of elements that tensors share, as a pickle refers to it; the bytes are elsewhere in the file.
struct TorchStorage: Hashable, Sendable {
    let key: String
    let type: ElementType
    /// Of the whole storage.
    let byteCount: Int
    /// The part that this reference means: all of it, but for views in old files.
    let part: Range<Int>
}

/// A tensor as PyTorch keeps it: a view of a storage. Known to lie inside it.
struct TorchTensor: Hashable, Sendable {
    let storage: TorchStorage
    let type: ElementType
    let shape: [Int]
    /// In elements: where the first is, from the beginning of the storage's part, and from one to the next on each axis.
    let offset: Int
    let strides: [Int]
    let elementCount: Int

    static let maximumRank = TensorDescription.maximumRank

    /// What a tensor may take when it is spread out by strides of zero, where that is more than its storage.
    static let maximumSpread = 1 << 24

    enum Flaw: Error {
        case shape
        case outsideItsStorage
        case tooLarge
    }

    init(storage: TorchStorage, type: ElementType, shape: [Int], offset: Int, strides: [Int]) throws {
        guard shape.count == strides.count, strides.allSatisfy({ $0 >= 0 }), offset >= 0 else { throw Flaw.shape }
        // Also checks the sides and their product.
        guard let description = try? TensorDescription(name: "", type: type, shape: shape) else { throw Flaw.shape }
        if description.elementCount > 0 {
            var last = offset
            for (side, stride) in zip(shape, strides) {
                let (reach, tooFar) = (side - 1).multipliedReportingOverflow(by: stride)
                let (sum, overflow) = last.addingReportingOverflow(reach)
                guard !tooFar, !overflow else { throw Flaw.outsideItsStorage }
                last = sum
            }
            guard last < storage.part.count / type.byteCount else { throw Flaw.outsideItsStorage }
            guard description.byteCount <= max(storage.part.count, Self.maximumSpread) else { throw Flaw.tooLarge }
        }
        (self.storage, self.type, self.shape, self.offset) = (storage, type, shape, offset)
        // Along an axis of one nobody steps, so its stride was not bounded above; zero cannot overflow later.
        self.strides = zip(shape, strides).map { side, stride in side > 1 ? stride : 0 }
        elementCount = description.elementCount
    }

    /// Whether the elements lie one after another in row-major order.
    var isContiguous: Bool {
        var expected = 1
        for (side, stride) in zip(shape, strides).reversed() where side != 1 {
            guard stride == expected else { return false }
            expected *= side
        }
        return true
    }

    /// The elements, row-major, for the closure.
    /// - Parameter bytes: the whole storage's.
    func withElements<Result>(
        in bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        guard elementCount > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let part = UnsafeRawBufferPointer(rebasing: bytes[storage.part])
        if isContiguous {
            let start = offset * type.byteCount
            return try body(UnsafeRawBufferPointer(rebasing: part[start..<(start + elementCount * type.byteCount)]))
        }
        return try gathered(part).withUnsafeBytes(body)
    }

    private func gathered(_ part: UnsafeRawBufferPointer) -> [UInt8] {
        switch type.byteCount {
        case 8: gathered(part, as: UInt64.self)
        case 4: gathered(part, as: UInt32.self)
        case 2: gathered(part, as: UInt16.self)
        default: gathered(part, as: UInt8.self)
        }
    }

    /// Counts through the indices like an odometer, last axis fastest.
    private func gathered<Element: BitwiseCopyable>(_ part: UnsafeRawBufferPointer, as: Element.Type) -> [UInt8] {
        let size = MemoryLayout<Element>.size
        return [UInt8](unsafeUninitializedCapacity: elementCount * size) { target, initialized in
            let target = UnsafeMutableRawBufferPointer(target)
            var index = [Int](repeating: 0, count: shape.count)
            var from = offset
            for element in 0..<elementCount {
                let value = part.loadUnaligned(fromByteOffset: from * size, as: Element.self)
                target.storeBytes(of: value, toByteOffset: element * size, as: Element.self)
                var axis = shape.count - 1
                while axis >= 0 {
                    index[axis] += 1
                    from += strides[axis]
                    if index[axis] < shape[axis] { break }
                    from -= shape[axis] * strides[axis]
                    index[axis] = 0
                    axis -= 1
                }
            }
            initialized = elementCount * size
        }
    }
}
