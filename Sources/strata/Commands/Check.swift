import ArgumentParser
import Foundation
import RedisTier
import Settings

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check proxy.conf and print every mistake with its line and column.",
        discussion: """
            Exit status 0: no mistake; 1: mistakes, printed to standard error. With a Redis that answers, what it may do \
            to the invalidation log is printed as a warning; that is no mistake of the file.
            """)

    @Option(name: .long, help: "The configuration file.")
    var config: String = ConfigurationFile.defaultPath

    func run() throws {
        let settings = try ConfigurationFile.load(config, overrides: Overrides())
        do {
            if let tier = settings.tiers.redis {
                let redis = RedisTierConfiguration(tier)
                try redis.checkFiles()
                for warning in try warnings(redis.validated()) {
                    FileHandle.standardError.write(Data("\(config): warning: tiers.redis: \(warning)\n".utf8))
                }
            }
        } catch {
            ConfigurationFile.fail("\(config): tiers.redis: \(error)")
        }
        print("\(config): no mistakes")
    }

    /// What the server itself says of how it keeps the invalidation log (invalidation.md rule 18).
    private func warnings(_ redis: RedisTierConfiguration) throws -> [String] {
        try LogInspection.warnings(redis)
            ?? ["it does not answer now: how it keeps the invalidation log could not be checked"]
    }
}
