/// Why a file can't be simulated, and where.
package struct InputError: Error, Equatable, CustomStringConvertible {
    package var file: String
    /// From 1; nil when the file as a whole is meant.
    package var line: Int?
    package var reason: String

    package var description: String { line.map { "\(file):\($0): \(reason)" } ?? "\(file): \(reason)" }
}
