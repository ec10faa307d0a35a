/// NumPy's .npy, version 1.0. Written here because the format is one line of text before the values, and no kept package
/// for it exists. Its definition: `numpy.lib.format`.
enum NPYMapWriter {
    static func write(_ map: FloatImage) -> [UInt8] {
        var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(map.height), \(map.width)), }"
        // The values begin at a multiple of 64 bytes: 6 of magic, 2 of version, 2 of length, the header, a line break.
        header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
        var file = [0x93] + Array("NUMPY".utf8) + [1, 0]
        file += [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8)]
        file += header.utf8
        let values = map.values.map { $0.bitPattern.littleEndian }
        return file + values.withUnsafeBytes { Array($0) }
    }
}
