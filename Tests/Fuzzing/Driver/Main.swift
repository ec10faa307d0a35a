import CFuzzer
import Foundation
import FuzzTargets

/// Usage: padim-fuzz seeds TARGET FOLDER, or padim-fuzz list, or padim-fuzz run TARGET OPTIONS OF LIBFUZZER...
///
/// What `scripts/fuzz` runs.
@main enum Main {
    /// Set before the first input comes.
    nonisolated(unsafe) static var target: FuzzTarget?
    nonisolated(unsafe) static var folder = ""

    static func main() throws {
        let arguments = CommandLine.arguments
        if arguments.dropFirst().first == "list" {
            for target in FuzzTarget.all { print(target.name) }
            return
        }
        guard arguments.count >= 3, let chosen = FuzzTarget.all.first(where: { $0.name == arguments[2] }) else {
            FileHandle.standardError.write(Data("padim-fuzz: list | seeds TARGET FOLDER | run TARGET OPTIONS\n".utf8))
            exit(2)
        }
        if arguments[1] == "seeds", arguments.count == 4 { return try writeSeeds(of: chosen, to: arguments[3]) }
        target = chosen
        folder = FileManager.default.temporaryDirectory.path
        exit(run([arguments[0]] + arguments.dropFirst(3)))
    }

    private static func writeSeeds(of target: FuzzTarget, to folder: String) throws {
        for (number, seed) in try target.seeds().enumerated() {
            try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(number)"))
        }
        let quoted = target.words.map { word in
            "\"" + word.utf8.map { "\\x" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() + "\"\n"
        }
        try quoted.joined().write(toFile: folder + ".words", atomically: true, encoding: .utf8)
    }

    private static func run(_ arguments: [String]) -> Int32 {
        var count = Int32(arguments.count)
        var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        return strings.withUnsafeMutableBufferPointer { strings in
            var start = strings.baseAddress
            return LLVMFuzzerRunDriver(&count, &start, readInput)
        }
    }
}

private func readInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    Main.target?.run(UnsafeRawBufferPointer(start: bytes, count: count), in: Main.folder)
    return 0
}
