import Glibc
import Simulation
import Testing

enum TemporaryFile {
    static func with<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
        try with(Array(text.utf8), body)
    }

    /// Runs the body with the path of a file that holds the bytes and is gone afterwards.
    static func with<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result {
        var template = Array("/tmp/strata-simulation-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
            try #require(count > 0)
            written += count
        }
        close(descriptor)
        return try body(path)
    }

    static func bytes(of path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}

/// The traces: a small one in the repository, larger ones where `STRATA_TRACES` says.
enum Traces {
    static let root = #filePath.components(before: "/Tests/SimulationTests/")
    static let web12 = root + "/fixtures/traces/web12.txt.gz"

    /// The folder with the larger ones: `STRATA_TRACES`, or the one beside the repository.
    static let folder: String? = {
        let named = getenv("STRATA_TRACES").map { String(cString: $0) }
        return [named, root + "/../shared/traces"].compactMap { $0 }.first { access($0 + "/reference.tsv", R_OK) == 0 }
    }()

    /// Whether to play the larger ones, which takes minutes: with `STRATA_TRACES` or `STRATA_SOAK_SECONDS`.
    static let isSweep = folder != nil && (getenv("STRATA_TRACES") != nil || getenv("STRATA_SOAK_SECONDS") != nil)
}

extension String {
    fileprivate func components(before text: String) -> String {
        let end = indices.first { self[$0...].hasPrefix(text) } ?? endIndex
        return String(self[..<end])
    }
}
