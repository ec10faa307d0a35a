/// The instructions of Python's pickles, protocols 2 to 5, as far as tensors and plain values need them.
///
/// Source: Python's Lib/pickletools.py, which documents every opcode. Left out are the text forms of protocol 0,
/// instances, extensions and out-of-band buffers.
enum PickleOpcode: UInt8 {
    case proto = 0x80
    case frame = 0x95
    case stop = 0x2E

    case mark = 0x28
    case pop = 0x30
    case popMark = 0x31
    case duplicate = 0x32

    case none = 0x4E
    case newTrue = 0x88
    case newFalse = 0x89
    case int = 0x4A
    case int1 = 0x4B
    case int2 = 0x4D
    case long1 = 0x8A
    case long4 = 0x8B
    case double = 0x47

    case string = 0x54
    case shortString = 0x55
    case unicode = 0x58
    case shortUnicode = 0x8C
    case unicode8 = 0x8D
    case bytes = 0x42
    case shortBytes = 0x43
    case bytes8 = 0x8E
    case byteArray8 = 0x96

    case emptyTuple = 0x29
    case tuple = 0x74
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case emptyList = 0x5D
    case list = 0x6C
    case append = 0x61
    case appends = 0x65
    case emptyDictionary = 0x7D
    case dictionary = 0x64
    case setItem = 0x73
    case setItems = 0x75
    case emptySet = 0x8F
    case addItems = 0x90
    case frozenSet = 0x91

    case global = 0x63
    case stackGlobal = 0x93
    case reduce = 0x52
    case newObject = 0x81
    case build = 0x62
    case persistentIdentifier = 0x51

    case put = 0x71
    case longPut = 0x72
    case memoize = 0x94
    case get = 0x68
    case longGet = 0x6A
}
