/// A command run to its end: what it wrote and how it ended.
package struct CommandRun: Sendable {
    package var exit: ProcessHandle.Exit
    package var output: String
    package var errors: String

    package var succeeded: Bool { exit == .exit(0) }
}

/// Runs an executable of the build folder (or a path) to its end.
package func run(
    _ name: String, _ arguments: [String], environment: [String: String] = [:], within deadline: Duration = .seconds(60)
) async throws -> CommandRun {
    let process = try await ProcessHandle.start(name, arguments, environment: environment)
    let exit = try await process.exit(within: deadline)
    return CommandRun(exit: exit, output: process.text(), errors: process.text(.errors))
}

/// Runs the real curl, silent but for errors: `try await curl("-I", url)`.
package func curl(_ arguments: String..., within deadline: Duration = .seconds(60)) async throws -> CommandRun {
    try await run("/usr/bin/curl", ["-sS", "--noproxy", "*"] + arguments, within: deadline)
}
