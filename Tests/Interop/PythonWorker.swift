import Foundation
import TestProcesses
import TestSupport
import Testing

/// The worker in Python, and what stands beside it.
enum PythonWorker {
    static func script(_ name: String = "") throws -> String {
        try #require(Bundle.module.resourceURL).appendingPathComponent("worker/" + name).path
    }

    /// Runs a script, or the worker itself, as a process.
    static func start(_ arguments: [String]) throws -> RunningProgram {
        try RunningProgram(
            "/usr/bin/env", [TestPython.path] + arguments,
            environment: ["PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"])
    }

    /// Starts the worker.
    /// - Parameter cache: a folder, which workers may share.
    static func join(
        _ endpoint: String, named name: String, cache: String, _ more: [String] = []
    ) throws -> RunningProgram {
        try start(
            [try script(), "--connect", endpoint, "--threads", "1", "--name", name, "--cache", cache] + more)
    }
}
