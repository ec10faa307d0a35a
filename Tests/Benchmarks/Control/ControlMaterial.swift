import Foundation
import Imaging
import Storage
import TestProcesses

/// What all measures share: a model, keys, and folders of many names of a few images.
final class ControlMaterial {
    let workspace: Workspace
    private let binaries: String

    /// Names of one file, of which file systems allow no more than 65,000.
    private static let linksOfOne = 20_000

    var keys: String { workspace.file("keys") }
    var model: String { workspace.file("model/model.safetensors") }

    init(binaries: String) throws {
        (self.binaries, workspace) = (binaries, try Workspace())
        let images = try workspace.makeImages(8)
        try run(
            "padim-coord",
            [
                "fit", "--images", images, "--backbone", "efficientnet_lite0", "--features", "1", "--calibrate", "none",
                "--job", workspace.file("model"),
            ])
        for command in [["new", "coordinator"], ["new", "worker"], ["allow", keys + "/worker.pub"]] {
            try run("padim", ["keys"] + command + ["--keys", keys])
        }
    }

    func program(_ name: String) -> String { binaries + "/" + name }

    private func run(_ name: String, _ arguments: [String]) throws {
        let (status, _, errors) = try TestProcesses.run(program(name), arguments)
        guard status == 0 else { throw ControlError("\(name) \(arguments.joined(separator: " ")): \(errors)") }
    }

    /// A folder of so many names.
    func images(_ count: Int) throws -> String {
        let folder = workspace.file("images-\(count)")
        guard !FileManager.default.fileExists(atPath: folder) else { return folder }
        try Folder.create(folder)
        let content = try Data(contentsOf: URL(fileURLWithPath: workspace.file("good/0.png")))
        for number in 0..<count {
            let (name, first) = ("\(folder)/\(number).png", number / Self.linksOfOne * Self.linksOfOne)
            if number == first {
                try content.write(to: URL(fileURLWithPath: name))
            } else if link("\(folder)/\(first).png", name) != 0 {
                throw ControlError("\(name): \(String(cString: strerror(errno)))")
            }
        }
        return folder
    }
}
