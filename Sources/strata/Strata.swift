import ArgumentParser

/// The command line.
@main
struct Strata: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strata",
        abstract: "A caching reverse proxy for HTTP: memory, Redis and disk in front of an origin.",
        version: StrataVersion.text,
        subcommands: [Run.self, Check.self, Purge.self, Simulate.self, Version.self])
}

enum StrataVersion {
    static let text = "0.1.0"
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() {
        print("strata \(StrataVersion.text)")
    }
}
