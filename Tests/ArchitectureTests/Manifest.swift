import Foundation
import TestSupport

/// The targets of Package.swift, read from its text: asking SwiftPM would wait for the lock that `swift test` holds.
struct Manifest {
    enum Kind: String { case target, executableTarget, testTarget, systemLibrary }

    struct Target {
        var kind: Kind
        var name: String
        /// Names of targets and products.
        var dependencies: Set<String>
        /// The folder below the repository.
        var path: String
    }

    var targets: [Target]

    /// Reads the repository's manifest.
    init() throws {
        try self.init(text: String(contentsOfFile: Repository.path("Package.swift"), encoding: .utf8))
    }

    init(text: String) throws {
        let code = SourceText.withoutComments(text)
        var shorthands: [String: String] = [:]
        for match in code.matches(of: /let (\w+): Target\.Dependency = \.product\(name: "(\w+)"/) {
            shorthands[String(match.1)] = String(match.2)
        }
        guard let list = code.range(of: "    targets: [") else { throw TestFailure("Package.swift has no targets") }
        targets = []
        var rest = code[list.upperBound...]
        while let match = rest.firstMatch(of: /\.(target|executableTarget|testTarget|systemLibrary)\(/),
            let kind = Kind(rawValue: String(match.1))
        {
            let body = SourceText.balanced(rest[match.range.upperBound...], open: "(", close: ")")
            rest = rest[body.endIndex...]
            guard let name = body.firstMatch(of: /name: "(\w+)"/)?.1 else { throw TestFailure("a target without name") }
            let folder = kind == .testTarget ? "Tests" : "Sources"
            let path = body.firstMatch(of: /path: "([^"]+)"/).map { String($0.1) } ?? "\(folder)/\(name)"
            targets.append(
                Target(
                    kind: kind, name: String(name), dependencies: try Self.dependencies(body, shorthands), path: path))
        }
    }

    private static func dependencies(_ body: Substring, _ shorthands: [String: String]) throws -> Set<String> {
        guard let start = body.range(of: "dependencies: [") else { return [] }
        var list = String(SourceText.balanced(body[start.upperBound...], open: "[", close: "]"))
        var names: Set<String> = []
        for match in list.matches(of: /\.product\(name: "(\w+)", package: "[\w-]+"\)/) { names.insert(String(match.1)) }
        list = list.replacing(/\.product\([^)]*\)/, with: "")
        for match in list.matches(of: /"(\w+)"/) { names.insert(String(match.1)) }
        for match in list.replacing(/"\w+"/, with: "").matches(of: /\w+/) {
            guard let product = shorthands[String(match.0)] else { throw TestFailure("unknown dependency \(match.0)") }
            names.insert(product)
        }
        return names
    }

    subscript(_ name: String) -> Target? { targets.first { $0.name == name } }
}
