import ArgumentParser
import Settings

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check proxy.conf and print every mistake with its line and column.",
        discussion: "Exit status 0: no mistake; 1: mistakes, printed to standard error.")

    @Option(name: .long, help: "The configuration file.")
    var config: String = ConfigurationFile.defaultPath

    func run() throws {
        _ = try ConfigurationFile.load(config, overrides: Overrides())
        print("\(config): no mistakes")
    }
}
