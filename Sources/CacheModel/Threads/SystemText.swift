internal import Glibc
internal import NIOCore

/// What the system says of a failed call, for people.
package enum SystemText {
    /// The system's words for an error that carries its number ("Address already in use"), else the error's own.
    package static func of(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }
}
