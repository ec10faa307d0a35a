import Foundation
import Storage

/// How a program ends, for scripts to go by. What ends with which status is decided here and nowhere else.
public enum ExitStatus: Int32, Sendable {
    /// All that was asked for is done.
    case done = 0
    /// The command is right, and it failed: a job that failed or was stopped, data that cannot be used, a disk without space, a port in
    /// use. Started again, when that is mended, the same command may succeed.
    case failed = 1
    /// The command is wrong: an unknown option, a value out of range, options that do not go together, a path at which there is nothing
    /// or something else than the command takes, the directory of another job. It has to be given otherwise.
    case wrongCommand = 2
    /// All that was asked for is done, and what the command looks for was found: `padim drift` found drift.
    case found = 3

    /// Of an error that ended a program which did what it was told.
    public init(of error: any Error) {
        self = (error as? any StatusBearing)?.exitStatus ?? .failed
    }

    /// Of an error that came from looking at what a command names: files and directories, addresses, keys.
    public init(whileReading error: any Error) {
        if let known = error as? any StatusBearing {
            self = known.exitStatus
        } else {
            self = Self.isEnvironmental(error) ? .failed : .wrongCommand
        }
    }

    private static func isEnvironmental(_ error: any Error) -> Bool {
        if let error = error as? any EnvironmentalError { return error.isEnvironmental }
        // What Foundation says has the system's number within.
        let outer = error as NSError
        let inner = outer.domain == NSPOSIXErrorDomain ? outer : outer.userInfo[NSUnderlyingErrorKey] as? NSError
        guard let code = inner.flatMap({ Int32(exactly: $0.code) }) else { return false }
        return SystemCode.isEnvironmental(code)
    }
}

/// An error that says itself how the program is to end.
public protocol StatusBearing: Error {
    var exitStatus: ExitStatus { get }
}

/// The command asks for something impossible: exit status 2.
public struct WrongCommand: StatusBearing, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    public var exitStatus: ExitStatus { .wrongCommand }
}

/// The command did all that it was told and said what it found: exit status 3, and nothing is complained of.
public struct Finding: StatusBearing {
    public init() {}

    public var exitStatus: ExitStatus { .found }
}

/// Looks at what a command names. What is the matter with it is the command's fault, unless the error says that it is not.
public func readingCommand<Value: ~Copyable>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch  where !(error is any StatusBearing) && ExitStatus(whileReading: error) == .wrongCommand {
        throw WrongCommand("\(error)")
    }
}
