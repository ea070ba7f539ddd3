import ArgumentParser
import Foundation
import Settings

/// Reading proxy.conf for the commands.
enum ConfigurationFile {
    static let defaultPath = "proxy.conf"

    /// Loads the file, or no file at all when none is named and the command line says enough.
    static func load(_ path: String?, overrides: Overrides) throws -> Configuration {
        do {
            if path == nil, overrides.origin != nil { return try Configuration.load(overrides: overrides) }
            let path = path ?? defaultPath
            return try Configuration.load(
                yaml: try text(path), file: path, environment: ProcessInfo.processInfo.environment,
                overrides: overrides)
        } catch let error as ConfigurationError {
            fail("\(error)")
        }
    }

    private static func text(_ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            let reason = access(path, R_OK) == 0 ? "is no file" : String(cString: strerror(errno))
            fail("\(path): can't be read: \(reason) (give a file with --config, or an origin with --origin)")
        }
        guard let text = String(data: data, encoding: .utf8) else { fail("\(path): is not UTF-8 text") }
        return text
    }

    /// Says what is wrong and ends with status 1.
    static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        Foundation.exit(1)
    }
}
