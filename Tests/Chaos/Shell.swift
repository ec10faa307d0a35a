import Foundation

/// Runs a program of the system and waits for it.
/// - Returns: whether it succeeded.
@discardableResult
func system(_ program: String, _ arguments: String...) -> Bool { system(program, arguments) }

/// The same, of a list of arguments.
@discardableResult
func system(_ program: String, _ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
}

/// Prints a line at once, also where nobody sees it on a terminal.
func say(_ line: String) { try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) }
