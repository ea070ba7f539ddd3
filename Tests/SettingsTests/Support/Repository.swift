import Foundation

/// Files of the checkout that the tests run from.
enum Repository {
    static func url(_ path: String, _ file: String = #filePath) -> URL {
        var root = URL(fileURLWithPath: file)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        return root.appendingPathComponent(path)
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: url(path), encoding: .utf8)
    }
}
