import Foundation
import Storage
import Terminal
import Testing

/// Which error ends a program with which status: the promise of README, kind by kind.
@Suite struct ExitStatusTests {
    private struct Plain: Error {}
    private struct OfSurroundings: EnvironmentalError { let isEnvironmental: Bool }

    private func failure(of body: () throws -> Void) throws -> any Error {
        do { try body() } catch { return error }
        throw Plain()
    }

    @Test func theNumbersAreThePromise() {
        #expect(ExitStatus.done.rawValue == 0 && ExitStatus.failed.rawValue == 1)
        #expect(ExitStatus.wrongCommand.rawValue == 2 && ExitStatus.found.rawValue == 3)
    }

    @Test func whileItWorksOnlyTheCommandsOwnErrorIsIts() {
        #expect(ExitStatus(of: WrongCommand("no")) == .wrongCommand)
        #expect(ExitStatus(of: Plain()) == .failed && ExitStatus(of: Finding()) == .found)
        #expect(ExitStatus(of: StorageError("open", "/none", "it is not there")) == .failed)
        #expect(ExitStatus(of: OfSurroundings(isEnvironmental: false)) == .failed)
    }

    @Test func whatACommandNamesIsItsOwnFault() throws {
        #expect(ExitStatus(whileReading: Plain()) == .wrongCommand)
        #expect(ExitStatus(whileReading: OfSurroundings(isEnvironmental: false)) == .wrongCommand)
        for path in ["/none/such", "/dev/null/below", "/", String(repeating: "x", count: 5_000)] {
            let error = try failure { _ = try Digest(ofFile: path) }
            #expect(ExitStatus(whileReading: error) == .wrongCommand, "\(error)")
        }
        #expect(throws: WrongCommand.self) { try readingCommand { throw Plain() } }
    }

    @Test(arguments: [ENOSPC, EDQUOT, EIO, EACCES, EPERM, EROFS, EMFILE, ENFILE, ENOMEM, ESTALE, ETIMEDOUT, EBUSY])
    func whatLiesAroundItIsNot(_ code: Int32) throws {
        let error = NSError(domain: NSPOSIXErrorDomain, code: Int(code))
        #expect(ExitStatus(whileReading: error) == .failed)
        let wrapped = NSError(domain: NSCocoaErrorDomain, code: 512, userInfo: [NSUnderlyingErrorKey: error])
        #expect(ExitStatus(whileReading: wrapped) == .failed)
        #expect(SystemCode.isEnvironmental(code))
    }

    @Test func whatIsNoFaultOfTheCommandStaysAsItIs() throws {
        let error = try failure { try readingCommand { throw OfSurroundings(isEnvironmental: true) } }
        #expect(error is OfSurroundings)
        let known = try failure { try readingCommand { throw WrongCommand("as it is") } }
        #expect("\(known)" == "as it is")
    }
}
