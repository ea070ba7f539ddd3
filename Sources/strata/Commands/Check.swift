import ArgumentParser
import RedisTier
import Settings

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check proxy.conf and print every mistake with its line and column.",
        discussion: "Exit status 0: no mistake; 1: mistakes, printed to standard error.")

    @Option(name: .long, help: "The configuration file.")
    var config: String = ConfigurationFile.defaultPath

    func run() throws {
        let settings = try ConfigurationFile.load(config, overrides: Overrides())
        do { try settings.tiers.redis.map { try RedisTierConfiguration($0).checkFiles() } } catch {
            ConfigurationFile.fail("\(config): tiers.redis: \(error)")
        }
        print("\(config): no mistakes")
    }
}
