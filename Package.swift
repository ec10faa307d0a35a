// swift-tools-version: 6.1
import Foundation
import PackageDescription

// The house, from the ground up: a target depends only on targets above it in this list.
var targets: [Target] = [
    // System libraries as modules.
    .systemLibrary(name: "COpenBLAS"),
    .systemLibrary(name: "CZeroMQ"),
    .systemLibrary(name: "CSodium"),
    .systemLibrary(name: "CSPNG"),
    .systemLibrary(name: "CTurboJPEG"),
    .systemLibrary(name: "CTIFF"),
    .systemLibrary(name: "CSTB"),
    .systemLibrary(name: "CZip"),
    .systemLibrary(name: "CZlib"),

    // The hot loops.
    .target(name: "CKernels"),

    // One machine.
    .target(name: "Storage", dependencies: ["CSodium"]),
    .target(name: "Compute", dependencies: ["CKernels"]),
    .target(name: "Tensors", dependencies: ["Storage"]),
    .target(
        name: "Imaging",
        dependencies: [
            "Storage", "Compute", "CKernels", "CSPNG", "CTurboJPEG", "CTIFF", "CSTB",
            .product(name: "SwiftCSV", package: "SwiftCSV"),
        ]),
    .target(name: "Checkpoints", dependencies: ["Tensors", "Storage", "CZip"]),
    .target(name: "Backbone", dependencies: ["Checkpoints", "Tensors", "Compute", "CKernels"]),
    .target(name: "Gaussian", dependencies: ["Tensors", "Storage", "Compute", "CKernels", "COpenBLAS"]),
    .target(
        name: "PaDiM",
        dependencies: ["Gaussian", "Backbone", "Checkpoints", "Imaging", "Tensors", "Compute", "CKernels", "Storage"]),

    // A job and its results.
    .target(name: "Journal", dependencies: ["Storage", .product(name: "GRDB", package: "GRDB.swift")]),
    .target(
        name: "Inspection",
        dependencies: ["Journal", "Imaging", "Storage", .product(name: "Mustache", package: "swift-mustache")]),

    // Many machines.
    .target(name: "Transport", dependencies: ["Storage", "CZeroMQ", .product(name: "Logging", package: "swift-log")]),
    .target(name: "ProcessControl"),
    .target(
        name: "Terminal",
        dependencies: [
            .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "Logging", package: "swift-log"),
        ]),
    .target(name: "Cluster", dependencies: ["Storage", "Gaussian", "CZlib"]),
    .target(name: "Link", dependencies: ["Cluster", "Transport"]),
    .target(
        name: "WorkerService",
        dependencies: ["Link", "Cluster", "Transport", "PaDiM", "Imaging", .product(name: "Logging", package: "swift-log")]),
    .target(
        name: "CoordinatorService",
        dependencies: [
            "Link", "Cluster", "Transport", "Journal", "Inspection", "PaDiM", "Imaging", "ProcessControl",
            .product(name: "Logging", package: "swift-log"),
        ]),
    .executableTarget(
        name: "padim-coord",
        dependencies: ["CoordinatorService", "Terminal", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .executableTarget(
        name: "padim-worker",
        dependencies: ["WorkerService", "Link", "Cluster", "Transport", "Storage", "ProcessControl", "Terminal", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    .executableTarget(
        name: "padim",
        dependencies: [
            "Inspection", "Journal", "Imaging", "Gaussian", "Backbone", "Checkpoints", "Compute", "Transport", "Terminal",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),
]

let tested = [
    "Storage", "Compute", "Tensors", "Imaging", "Checkpoints", "Backbone", "Gaussian", "PaDiM", "Journal", "Inspection",
    "Transport",
    "Cluster", "WorkerService", "CoordinatorService",
]
for name in tested {
    targets.append(
        .testTarget(
            name: name + "Tests", dependencies: [.target(name: name)], path: "Tests/" + name, exclude: [],
            resources: nil))
}

// Real processes: they need the executables built.
targets.append(
    .testTarget(
        name: "EndToEndTests", dependencies: ["Storage", "Imaging", "padim-coord", "padim-worker", "padim"],
        path: "Tests/EndToEnd"))

// While the house is being built: leave out the rooms that do not stand yet.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
func stands(_ target: Target) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(target.path ?? "Sources/" + target.name).path)
}
let standing = targets.filter(stands)
let names = Set(standing.map(\.name))
for target in standing {
    target.dependencies = target.dependencies.filter {
        switch $0 {
        case .targetItem(let name, _), .byNameItem(let name, _): return names.contains(name)
        default: return true
        }
    }
    if let fixtures = target.path.map({ root.appendingPathComponent($0 + "/Fixtures").path }),
        FileManager.default.fileExists(atPath: fixtures)
    {
        target.resources = [.copy("Fixtures")]
    }
}

let package = Package(
    name: "padim-swift",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: standing,
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
