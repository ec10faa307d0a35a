// swift-tools-version: 6.1
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// Whether release builds keep the assertions of the kernels, as debug builds do. `scripts/test --sanitize` asks for it.
let checksKernels = Context.environment["PADIM_ASSERTIONS"] != nil

// In the order of their dependencies: a module imports only modules that stand above it in this list.
let modules: [Target] = [
    // System libraries as modules.
    .systemLibrary(name: "CLinux", path: "Sources/System/CLinux"),
    .systemLibrary(name: "CZeroMQ", path: "Sources/System/CZeroMQ"),
    .systemLibrary(name: "COpenSSL", path: "Sources/System/COpenSSL"),
    .systemLibrary(name: "CTurboJPEG", path: "Sources/System/CTurboJPEG"),
    .systemLibrary(name: "CTIFF", path: "Sources/System/CTIFF"),
    .systemLibrary(name: "CWebP", path: "Sources/System/CWebP"),
    .systemLibrary(name: "CZip", path: "Sources/System/CZip"),
    .systemLibrary(name: "CArchive", path: "Sources/System/CArchive"),
    .systemLibrary(name: "CDeflate", path: "Sources/System/CDeflate"),
    .systemLibrary(name: "CLAPACK", path: "Sources/System/CLAPACK"),
    .systemLibrary(name: "CCurl", path: "Sources/System/CCurl"),
    .systemLibrary(name: "CExpat", path: "Sources/System/CExpat"),
    .systemLibrary(name: "CMicroHTTPD", path: "Sources/System/CMicroHTTPD"),
    // libpng reports errors by longjmp; this returns them.
    .target(name: "CPNG", path: "Sources/System/CPNG", linkerSettings: [.linkedLibrary("png16")]),

    // The hot loops.
    .target(
        name: "CKernels",
        cSettings: [.headerSearchPath("lanes")]
            + (checksKernels ? [] : [.define("NDEBUG", .when(configuration: .release))])),

    // What users set, as types.
    .target(name: "Settings"),

    // From scores of normal images to a threshold.
    .target(name: "Thresholds"),

    // The method, on one machine.
    .target(name: "Storage", dependencies: ["COpenSSL", "CLinux"]),
    .target(name: "Compute", dependencies: ["CKernels"]),
    .target(name: "Tensors", dependencies: ["Storage"]),
    // Objects in buckets and on web servers.
    .target(name: "ObjectStores", dependencies: ["Storage", "COpenSSL", "CCurl", "CExpat"]),
    // Images: where their bytes are, what pixels they hold, which ones a job is about.
    .target(name: "Archives", dependencies: ["Storage", "CArchive", "CDeflate"]),
    .target(name: "ImageAccess", dependencies: ["Archives", "ObjectStores", "Storage"]),
    .target(
        name: "Imaging",
        dependencies: [
            "ImageAccess", "Settings", "Storage", "Compute", "CKernels", "CPNG", "CDeflate", "CTurboJPEG", "CTIFF",
            "CWebP",
        ]),
    .target(
        name: "ImageLists",
        dependencies: [
            "Imaging", "ImageAccess", "Archives", "ObjectStores", "Settings", "Storage",
            .product(name: "SwiftCSV", package: "SwiftCSV"),
        ]),
    .target(name: "Checkpoints", dependencies: ["Tensors", "Storage", "CZip"]),
    .target(name: "Backbone", dependencies: ["Checkpoints", "Settings", "Tensors", "Storage", "Compute", "CKernels"]),
    .target(name: "Gaussian", dependencies: ["Settings", "Tensors", "Storage", "Compute", "CKernels"]),
    .target(
        name: "PaDiM",
        dependencies: ["Gaussian", "Backbone", "Imaging", "Settings", "Tensors", "Storage", "Compute", "CKernels"]),

    // Models for other programs.
    .target(
        name: "ModelExport",
        dependencies: ["PaDiM", "Gaussian", "Backbone", "Settings", "Storage", "CDeflate", "CLAPACK"]),
    // Models from other programs.
    .target(
        name: "ModelImport",
        dependencies: [
            "PaDiM", "Gaussian", "Backbone", "Checkpoints", "Settings", "Tensors", "Storage", "Compute", "CLAPACK",
        ]),

    // What a model says of itself. A module of its own, so that coordinators and workers need no LAPACK.
    .target(name: "Diagnosis", dependencies: ["Gaussian", "Thresholds", "Settings", "CLAPACK"]),

    // Text as HTML has it.
    .target(name: "HTML"),

    // The report's page: its files are compiled into the programs.
    .target(name: "ReportPage", dependencies: ["HTML", "Storage"], resources: [.embedInCode("Page")]),

    // A job and its results.
    .target(
        name: "Journal",
        dependencies: [
            "Settings", "Storage", .product(name: "GRDB", package: "GRDB.swift"),
            .product(name: "GRDBSQLite", package: "GRDB.swift"),
        ]),
    .target(
        name: "Inspection",
        dependencies: [
            "HTML", "ReportPage", "Journal", "ImageLists", "Imaging", "Gaussian", "Thresholds", "Settings", "Compute",
            "Storage",
            .product(name: "Mustache", package: "swift-mustache"),
        ]),

    // Many machines.
    .target(name: "Transport", dependencies: ["Storage", "CZeroMQ", logging]),
    .target(name: "Cluster", dependencies: ["Gaussian", "Settings", "Storage", "CDeflate"]),
    .target(name: "JobRules", dependencies: ["Cluster", "Journal", "Storage"]),
    .target(name: "Link", dependencies: ["Cluster", "Transport", logging]),
    // What a running job shows, and the server that shows it.
    .target(name: "LiveStatus", dependencies: ["Cluster", "HTML", "Storage"]),
    .target(name: "StatusServer", dependencies: ["Storage", "CMicroHTTPD"]),
    .target(name: "ProcessControl"),
    .target(name: "Terminal", dependencies: ["Compute", "Thresholds", "Storage", "CLinux", argumentParser, logging]),
    // Options in files.
    .target(
        name: "CommandFiles",
        dependencies: ["Terminal", "Storage", argumentParser, .product(name: "Yams", package: "Yams")]),
    .target(
        name: "WorkerService",
        dependencies: [
            "Link", "Cluster", "Transport", "PaDiM", "Gaussian", "Backbone", "Checkpoints", "Imaging", "ObjectStores",
            "Settings", "Compute", "Storage", logging,
        ]),
    .target(
        name: "JobPlanning",
        dependencies: [
            "JobRules", "Cluster", "Terminal", "Inspection", "Journal", "PaDiM", "Gaussian", "Backbone", "ImageLists",
            "Imaging", "Thresholds", "Settings", "Compute", "Storage", logging,
        ]),
    .target(
        name: "CoordinatorService",
        dependencies: [
            "JobPlanning", "JobRules", "LiveStatus", "StatusServer", "Link", "Cluster", "Transport", "ProcessControl",
            "Terminal", "Inspection", "Journal", "PaDiM", "Gaussian", "Backbone", "ImageLists", "Imaging",
            "ObjectStores", "Thresholds",
            "Settings", "Compute", "Storage", logging,
        ]),

    // A worker to its parent, a coordinator to its workers.
    .target(
        name: "RelayService",
        dependencies: [
            "CoordinatorService", "WorkerService", "Link", "Cluster", "Transport", "Gaussian", "Compute", "Storage",
            logging,
        ]),

    // What a person starts.
    .executableTarget(
        name: "padim-coord",
        dependencies: [
            "RelayService", "Link", "Cluster", "Transport", "Storage", "ProcessControl", "CoordinatorService",
            "JobPlanning", "CommandFiles", "PaDiM", "Gaussian", "Backbone", "ObjectStores",
            "Settings", "Compute", "Terminal", argumentParser,
        ]),
    .executableTarget(
        name: "padim-worker",
        dependencies: [
            "WorkerService", "Link", "Cluster", "Transport", "Compute", "Storage", "ProcessControl", "Terminal",
            argumentParser,
        ]),
    .executableTarget(
        name: "padim",
        dependencies: [
            "CLinux", "Inspection", "Journal", "Diagnosis", "ModelExport", "ModelImport", "PaDiM", "ImageLists",
            "Imaging", "ImageAccess", "ObjectStores", "Gaussian",
            "Backbone",
            "Checkpoints",
            "Thresholds", "Settings", "Compute", "Transport", "Storage", "Terminal", argumentParser,
        ]),
]

var above: Set<String> = []
for module in modules {
    for case .byNameItem(let name, _) in module.dependencies where !above.contains(name) {
        fatalError("\(module.name) imports \(name), which does not stand above it")
    }
    above.insert(module.name)
}

/// What the tests of several modules need.
let testSupport = Target.target(name: "TestSupport", dependencies: ["Storage", "CDeflate"], path: "Tests/Support")

/// Servers of objects and files, real ones and one that does as a test says.
let testServers = Target.target(
    name: "TestServers", dependencies: ["ObjectStores"], path: "Tests/Servers", exclude: ["serve.py"])

/// A real browser.
let testBrowser = Target.target(
    name: "TestBrowser", dependencies: ["TestSupport"], path: "Tests/Browser",
    exclude: ["browser.py", "report.py", "status.py"])

/// Weights of no worth for any backbone, which a script in another language can make as well.
let testWeights = Target.target(
    name: "TestWeights", dependencies: ["Backbone"], path: "Tests/Weights", exclude: ["synthetic_weights.py"])

/// Checkpoints as other programs write them.
let testCheckpoints = Target.target(
    name: "TestCheckpoints", dependencies: ["Backbone", "ModelExport", "TestWeights", "TestSupport"],
    path: "Tests/OtherPrograms")

/// Whole jobs in one thread, faults and all, from a seed; and the command that runs many of them. The command is no test, so that
/// long runs build three modules and print as they go; it is no product either.
let simulation: [Target] = [
    .target(
        name: "Simulator",
        dependencies: ["JobRules", "Cluster", "Journal", "Gaussian", "Settings", "Storage", "TestSupport"],
        path: "Tests/Simulation/Simulator"),
    .executableTarget(name: "simulate", dependencies: ["Simulator", argumentParser], path: "Tests/Simulation/Command"),
]

/// Real processes of the programs, started and watched from outside: for tests, and for `scripts/chaos`, whose command is no product.
let processes: [Target] = [
    .target(
        name: "TestProcesses", dependencies: ["Storage", "Imaging", "Transport", "Link", "Cluster", "CDeflate"],
        path: "Tests/Processes"),
    .executableTarget(
        name: "chaos", dependencies: ["TestProcesses", "TestSupport", "Storage", "ProcessControl", argumentParser],
        path: "Tests/Chaos"),
    // The coordinator with workers that compute nothing, for `scripts/bench --only control`.
    .systemLibrary(name: "CEpoll", path: "Tests/Benchmarks/CEpoll"),
    .executableTarget(
        name: "control",
        dependencies: [
            "TestProcesses", "Link", "Cluster", "Gaussian", "Transport", "Storage", "Imaging", "ProcessControl",
            "CZeroMQ", "CEpoll",
            argumentParser,
        ], path: "Tests/Benchmarks/Control"),
]

/// The tests of a module, in the folder of its name.
func tests(_ module: String, with others: [Target.Dependency] = [], fixtures: Bool = false) -> Target {
    .testTarget(
        name: module + "Tests", dependencies: [.byName(name: module), "TestSupport"] + others, path: "Tests/" + module,
        resources: fixtures ? [.copy("Fixtures")] : [])
}

let moduleTests: [Target] = [
    tests("Settings"),
    tests("Thresholds", fixtures: true),
    tests("Storage"),
    tests("Compute", with: ["Storage"]),
    tests("Tensors", with: ["Storage"], fixtures: true),
    tests("ObjectStores", with: ["Storage", "TestServers"], fixtures: true),
    tests("Archives", with: ["Storage"], fixtures: true),
    tests("ImageAccess", with: ["Archives", "ObjectStores", "Storage", "TestServers"]),
    tests("Imaging", with: ["Compute", "Settings"], fixtures: true),
    tests(
        "ImageLists", with: ["Imaging", "ImageAccess", "ObjectStores", "Settings", "Storage", "TestServers"],
        fixtures: true),
    tests("Checkpoints", with: ["Tensors", "Storage"], fixtures: true),
    tests(
        "Backbone", with: ["Checkpoints", "Settings", "Tensors", "Compute", "CKernels", "TestWeights"], fixtures: true),
    tests("Gaussian", with: ["Settings", "Tensors", "Storage", "Compute", "CKernels"]),
    tests(
        "PaDiM",
        with: [
            "Gaussian", "Backbone", "Checkpoints", "Imaging", "Settings", "Tensors", "Storage", "Compute", "CKernels",
            "TestWeights",
        ],
        fixtures: true),
    tests(
        "ModelExport",
        with: ["PaDiM", "Gaussian", "Backbone", "Imaging", "Settings", "Storage", "Compute", "TestWeights"],
        fixtures: true),
    tests(
        "ModelImport",
        with: [
            "ModelExport", "Gaussian", "Backbone", "Checkpoints", "Settings", "Storage", "Compute", "TestCheckpoints",
        ]),
    tests("Diagnosis", with: ["Gaussian", "Settings", "Storage", "Compute"]),
    tests("Journal", with: ["Storage", .product(name: "GRDB", package: "GRDB.swift")]),
    tests("ReportPage", with: ["HTML", "Storage"]),
    tests(
        "Inspection",
        with: [
            "HTML", "ReportPage", "Journal", "ImageLists", "Imaging", "Gaussian", "Thresholds", "Settings", "Storage",
            "TestBrowser",
        ],
        fixtures: true),
    tests("Transport", with: [logging]),
    tests("Cluster", with: ["Gaussian", "Settings", "Storage"]),
    tests(
        "WorkerService",
        with: [
            "ImageLists", "Imaging", "ObjectStores", "Cluster", "Gaussian", "PaDiM", "Settings", "Storage",
            "TestServers",
        ]),
    tests("Terminal", with: ["Storage"]),
    tests("CommandFiles", with: ["Terminal", "Storage"]),
    tests("LiveStatus", with: ["Cluster", "Storage"]),
    tests("StatusServer"),
    tests("JobPlanning", with: ["JobRules", "ImageLists", "Imaging", "Journal", "Settings", "Storage", logging]),
    tests(
        "CoordinatorService",
        with: ["JobRules", "Cluster", "Journal", "Gaussian", "Transport", "Settings", "Storage", logging]),
    tests("RelayService", with: ["Gaussian", "Settings", "Storage"]),
    tests("JobRules", with: ["Simulator", "Cluster", "Journal", "Storage"]),
    .testTarget(
        name: "SimulationTests",
        dependencies: ["Simulator", "simulate", "Cluster", "JobRules", "Journal", "Storage", "TestSupport"],
        path: "Tests/Simulation/Cases"),
    // Files that earlier releases wrote.
    .testTarget(
        name: "FormatsTests",
        dependencies: ["Cluster", "Gaussian", "Journal", "Settings", "Storage", "Tensors", "Transport", "TestSupport"],
        path: "Tests/Formats", resources: [.copy("Fixtures")]),
    // Bytes that nobody sound wrote.
    .target(
        name: "FuzzTargets",
        dependencies: [
            "Archives", "Cluster", "CommandFiles", "Journal", "Gaussian", "Checkpoints", "ImageLists", "Imaging",
            "LiveStatus", "ModelImport", "Compute",
            "ObjectStores", "Settings", "StatusServer",
            "Tensors", "Storage", "CDeflate", "TestSupport", "TestCheckpoints",
        ], path: "Tests/Fuzzing/Targets"),
    .testTarget(
        name: "FuzzingTests", dependencies: ["FuzzTargets", "TestSupport"], path: "Tests/Fuzzing/Suite",
        resources: [.copy("Fixtures")]),
    // A worker in another language, beside the real ones.
    .testTarget(
        name: "InteropTests",
        dependencies: [
            "TestProcesses", "TestSupport", "PaDiM", "Gaussian", "Backbone", "Checkpoints", "Imaging", "Settings",
            "Compute", "Tensors", "Storage", "padim-coord", "padim-worker",
        ],
        path: "Tests/Interop", resources: [.copy("worker")]),
    // Real processes: the programs are built for them.
    .testTarget(
        name: "EndToEndTests",
        dependencies: [
            "TestProcesses", "TestServers", "TestBrowser", "TestSupport", "LiveStatus", "Cluster", "Gaussian",
            "Inspection",
            "Journal", "ObjectStores", "Settings", "Storage", "Imaging",
            "padim-coord",
            "padim-worker", "padim",
        ],
        path: "Tests/EndToEnd"),
]

// Benchmarks: only where `scripts/bench` asks for them, so that nobody else fetches and builds what they need.
let benchmarking = Context.environment["PADIM_BENCHMARKS"] != nil
let benchmarkPackages: [Package.Dependency] =
    benchmarking ? [.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: [])] : []
let benchmarks: [Target] =
    benchmarking
    ? [
        .systemLibrary(name: "COpenBLAS", path: "Tests/Benchmarks/COpenBLAS"),
        .executableTarget(
            name: "Comparisons",
            dependencies: [
                "COpenBLAS", "CTurboJPEG", "CKernels", "Compute", "Storage", "Tensors", "ImageLists", "Imaging",
                "Backbone", "Gaussian",
                argumentParser,
            ], path: "Tests/Benchmarks/Comparisons"),
        .executableTarget(
            name: "Kernels",
            dependencies: [
                "PaDiM", "Gaussian", "Backbone", "Imaging", "Tensors", "Compute", "CKernels",
                .product(name: "Benchmark", package: "benchmark"),
            ], path: "Tests/Benchmarks/Kernels",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]),
    ] : []

// The same with libFuzzer, whose runtime only `scripts/fuzz` links.
let fuzzing: [Target] =
    Context.environment["PADIM_FUZZING"] != nil
    ? [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzzing/CFuzzer"),
        .executableTarget(name: "padim-fuzz", dependencies: ["FuzzTargets", "CFuzzer"], path: "Tests/Fuzzing/Driver"),
    ] : []

/// Names of modules whose tests are built, as `PADIM_TESTS=Gaussian,PaDiM`; all where it is not set. Whoever changes a low module need not
/// wait for the tests of all that stand on it.
let chosenTests = Context.environment["PADIM_TESTS"].map { Set($0.split(separator: ",").map { "\($0)Tests" }) }
let builtTests = moduleTests.filter { $0.type != .test || chosenTests?.contains($0.name) ?? true }

let package = Package(
    name: "padim-swift",
    products: [
        // With the modules whose types are in its interface.
        .library(
            name: "PaDiM",
            targets: ["PaDiM", "Gaussian", "Backbone", "Checkpoints", "Compute", "Settings", "Storage"]),
        .executable(name: "padim-coord", targets: ["padim-coord"]),
        .executable(name: "padim-worker", targets: ["padim-worker"]),
        .executable(name: "padim", targets: ["padim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swiftcsv/SwiftCSV", from: "0.10.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ] + benchmarkPackages,
    targets: modules + [testSupport, testServers, testBrowser, testWeights, testCheckpoints] + simulation + processes
        + builtTests
        + benchmarks
        + fuzzing,
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
