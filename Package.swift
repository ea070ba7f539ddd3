// swift-tools-version: 6.2
import PackageDescription

// The floors of docs/ARCHITECTURE.md, one target each. `ArchitectureTests` compares these edges with the table there.

let swift: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "strata",
    products: [
        .executable(name: "strata", targets: ["strata"]),
        .executable(name: "FixtureOrigin", targets: ["FixtureOrigin"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-http-structured-headers", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // Floor C: the system libraries and what Swift can't call by itself.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CPlatform"),

        // Floor 1: bytes and policies, pure.
        .target(name: "HTTPMessage", swiftSettings: swift),
        .target(name: "Eviction", swiftSettings: swift),
        .target(name: "RedisLocation", swiftSettings: swift),

        // Floor 2: the rules, pure.
        .target(
            name: "HTTPCaching",
            dependencies: [
                "HTTPMessage",
                .product(name: "RawStructuredFieldValues", package: "swift-http-structured-headers"),
            ], swiftSettings: swift),
        .target(name: "Invalidation", swiftSettings: swift),

        // Floor 3: what the tiers and the engine share.
        .target(
            name: "CacheModel", dependencies: ["HTTPMessage", "HTTPCaching", "Invalidation", "CPlatform", nio],
            swiftSettings: swift),

        // Floor 4: the adapters, blind to each other.
        .target(
            name: "MemoryTier", dependencies: ["HTTPMessage", "CacheModel", "Eviction", "Invalidation", nio],
            swiftSettings: swift),
        .target(
            name: "RedisTier",
            dependencies: [
                "CHiredis", "CZlib", "RedisLocation", "CacheModel", "Invalidation", nio, nioPosix, nioSSL, logging,
            ],
            swiftSettings: swift),
        .target(
            name: "DiskTier", dependencies: ["CPlatform", "CacheModel", "Invalidation", nio, logging],
            swiftSettings: swift),
        .target(
            name: "OriginFetch", dependencies: ["CCurl", "CPlatform", "HTTPMessage", "CacheModel", nio, logging],
            swiftSettings: swift),
        .target(name: "Simulation", dependencies: ["CZlib", "Eviction"], swiftSettings: swift),

        // Floor 5: the request machine.
        .target(
            name: "Engine",
            dependencies: ["HTTPMessage", "HTTPCaching", "Invalidation", "CacheModel", "MemoryTier", nio, logging],
            swiftSettings: swift),

        // Floor 6: connections, counters, settings.
        .target(
            name: "Listener",
            dependencies: ["HTTPMessage", "HTTPCaching", "CacheModel", "Engine", nio, nioPosix, logging],
            swiftSettings: swift),
        .target(
            name: "Telemetry",
            dependencies: ["CPlatform", "HTTPMessage", "Invalidation", "CacheModel", "Engine", logging],
            swiftSettings: swift),
        .target(
            name: "Settings",
            dependencies: [
                "HTTPMessage", "Invalidation", "Engine", "RedisLocation", .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: swift),

        // Floor 7: the admin API.
        .target(
            name: "Admin",
            dependencies: [
                "Invalidation", "CacheModel", "Engine", nio, logging,
                .product(name: "Hummingbird", package: "hummingbird"),
            ], swiftSettings: swift),

        // Floor 8: the executables.
        .executableTarget(
            name: "strata",
            dependencies: [
                "HTTPMessage", "Eviction", "HTTPCaching", "Invalidation", "CacheModel", "MemoryTier", "RedisTier",
                "DiskTier", "OriginFetch", "Engine", "Listener", "Telemetry", "Settings", "Admin", "Simulation", nio,
                nioPosix, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: swift),
        .executableTarget(
            name: "FixtureOrigin",
            dependencies: [
                "HTTPMessage", "CZlib", nio, nioPosix,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: swift),

        // Measures what Benchmarks/RESULTS.md says of the Redis tier.
        .executableTarget(
            name: "RedisBenchmark",
            dependencies: [
                "RedisTier", "RedisLocation", "CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation", nio, nioPosix,
                logging,
            ], path: "Benchmarks/RedisHit", swiftSettings: swift),

        // The same for the disk tier.
        .executableTarget(
            name: "DiskBenchmark",
            dependencies: [
                "DiskTier", "CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation", nio, nioPosix, logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Benchmarks/DiskTier", swiftSettings: swift),

        // Measures what it says of the table of invalidations.
        .executableTarget(
            name: "JudgingBenchmark", dependencies: ["Invalidation"], path: "Benchmarks/Judging", swiftSettings: swift),

        // Measures what it says of the memory tier.
        .executableTarget(
            name: "MemoryBenchmark",
            dependencies: [
                "MemoryTier", "Eviction", "CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation", nio,
            ], path: "Benchmarks/Memory", swiftSettings: swift),

        // Tests, one target beside each target above; end-to-end stories in Scenarios.
        .target(
            name: "TestSupport",
            dependencies: ["CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation", nio, nioPosix],
            path: "Tests/TestSupport", swiftSettings: swift),
        .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"], swiftSettings: swift),
        .testTarget(name: "HTTPMessageTests", dependencies: ["HTTPMessage", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "RedisLocationTests", dependencies: ["RedisLocation"], swiftSettings: swift),
        .testTarget(name: "EvictionTests", dependencies: ["Eviction", "TestSupport"], swiftSettings: swift),
        .testTarget(
            name: "SimulationTests", dependencies: ["Simulation", "Eviction", "TestSupport"], swiftSettings: swift),
        .testTarget(
            name: "HTTPCachingTests", dependencies: ["HTTPCaching", "HTTPMessage", "TestSupport"], swiftSettings: swift),
        .testTarget(name: "InvalidationTests", dependencies: ["Invalidation", "TestSupport"], swiftSettings: swift),
        .testTarget(
            name: "CacheModelTests",
            dependencies: ["CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation", "TestSupport", nio],
            swiftSettings: swift),
        .testTarget(
            name: "MemoryTierTests",
            dependencies: [
                "MemoryTier", "Eviction", "CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation", "TestSupport",
                nio,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "RedisTierTests",
            dependencies: [
                "RedisTier", "RedisLocation", "CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation",
                "TestSupport", nio, nioPosix, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "DiskTierTests",
            dependencies: [
                "DiskTier", "CacheModel", "HTTPCaching", "HTTPMessage", "Invalidation", "TestSupport", nio, logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "OriginFetchTests", dependencies: ["OriginFetch", "CacheModel", "HTTPMessage", "TestSupport", nio],
            swiftSettings: swift),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "CacheModel", "MemoryTier", "HTTPCaching", "HTTPMessage", "Invalidation", "TestSupport", nio,
                logging,
            ],
            swiftSettings: swift),
        .testTarget(
            name: "TelemetryTests", dependencies: ["Telemetry", "Engine", "CacheModel", "HTTPMessage", "TestSupport"],
            swiftSettings: swift),
        .testTarget(
            name: "SettingsTests",
            dependencies: ["Settings", "Engine", "Invalidation", "RedisLocation", "TestSupport"],
            swiftSettings: swift),
        .testTarget(
            name: "AdminTests",
            dependencies: ["Admin", "Engine", "CacheModel", "HTTPMessage", "Invalidation", "TestSupport"],
            swiftSettings: swift),
        .testTarget(
            name: "Scenarios", dependencies: ["TestSupport", "strata", "FixtureOrigin"], swiftSettings: swift),
    ]
)
