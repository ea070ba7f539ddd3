import TestSupport
import Testing

/// The floors of docs/ARCHITECTURE.md, held against Package.swift and the import lines.
@Suite("Floors")
struct FloorTests {
    let manifest: Manifest
    let table: FloorTable

    init() throws {
        manifest = try Manifest()
        table = try FloorTable()
    }

    private var products: [Manifest.Target] {
        manifest.targets.filter { $0.kind != .testTarget && $0.path.hasPrefix("Sources/") }
    }

    @Test("Each target has one row, and each row a target")
    func rows() {
        #expect(Set(products.map(\.name)) == Set(table.rows.map(\.target)))
        #expect(table.rows.count == Set(table.rows.map(\.target)).count)
        #expect(products.count > 15)
    }

    @Test("The table's edges are those of Package.swift")
    func edges() {
        for target in products {
            #expect(table[target.name]?.dependencies == target.dependencies, "\(target.name)")
        }
    }

    @Test("Every edge goes to a lower floor")
    func downward() throws {
        for target in products {
            let floor = try #require(table[target.name]?.floor)
            for dependency in target.dependencies {
                guard let other = table[dependency] else { continue }
                #expect(other.floor < floor, "\(target.name) (floor \(floor)) → \(dependency) (floor \(other.floor))")
            }
        }
    }

    @Test("Only the executable names Redis, disk and origin; only it and the engine name memory")
    func adapters() {
        for target in products where target.name != "strata" {
            #expect(target.dependencies.isDisjoint(with: ["RedisTier", "DiskTier", "OriginFetch"]), "\(target.name)")
            if target.name != "Engine" { #expect(!target.dependencies.contains("MemoryTier"), "\(target.name)") }
        }
    }

    /// Modules that come with the toolchain.
    private static let toolchain: Set<String> = [
        "Swift", "Synchronization", "Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Testing",
    ]

    @Test("A target imports only what it declares")
    func imports() throws {
        for target in manifest.targets where target.kind != .systemLibrary {
            let allowed = target.dependencies.union(Self.toolchain).union([target.name])
            for file in try SourceText.files(below: target.path) {
                let unknown = SourceText.imports(file.text).subtracting(allowed)
                #expect(unknown.isEmpty, "\(file.path) imports \(unknown.sorted())")
            }
        }
    }

    @Test("The reader of manifests sees targets, strings, shorthands and products")
    func reader() throws {
        let manifest = try Manifest(
            text: """
                let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
                let package = Package(
                    targets: [
                        // .target(name: "Not"),
                        .target(name: "A", dependencies: ["B", nio, .product(name: "P", package: "p-q")], path: "X/A"),
                        .systemLibrary(name: "B", pkgConfig: "b", providers: [.apt(["b-dev"])]),
                        .testTarget(name: "C"),
                    ]
                )
                """)
        #expect(manifest.targets.map(\.name) == ["A", "B", "C"])
        #expect(manifest["A"]?.dependencies == ["B", "NIOCore", "P"])
        #expect(manifest.targets.map(\.path) == ["X/A", "Sources/B", "Tests/C"])
    }

    @Test(
        "The reader of imports sees each form",
        arguments: [
            ("import A", ["A"]), ("package import A\n  @testable import B", ["A", "B"]),
            ("import struct A.B", ["A"]), ("@preconcurrency internal import A", ["A"]),
            ("// import A\nlet x = 1 // import B", []), ("/*\nimport A\n*/ import B", ["B"]),
        ])
    func importForms(text: String, modules: [String]) {
        #expect(SourceText.imports(text) == Set(modules))
    }
}
