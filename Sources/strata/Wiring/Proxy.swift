import Admin
import CacheModel
import Engine
import Foundation
import HTTPMessage
import Invalidation
import Listener
import Logging
import NIOCore
import NIOPosix
import OriginFetch
import RedisTier
import Settings
import Telemetry

/// The running proxy: every part made once, started bottom up and stopped top down.
final class Proxy: Sendable {
    private let settings: Configuration
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    private let loops: [NIOLoop]
    private let tiers: Tiers
    private let log: any InvalidationLog
    /// The same, where the fleet's log is in Redis.
    private let fleetLog: RedisLog?
    private let upstream: CurlUpstream
    private let engine: Engine
    private let telemetry: Telemetry
    private let accessLog: AccessLogWriter?
    private let audit: AuditLog?
    private let listener: Listener
    private let control: ProxyStatus

    /// Runs until a signal says to stop.
    static func run(_ settings: Configuration) async throws {
        Logs.start(settings.log)
        Limits.raiseOpenFiles()
        // From the first line on that says that it listens, a signal means drain.
        let signals = Signals()
        let proxy: Proxy
        do {
            proxy = try await Proxy(settings)
            try await proxy.start()
        } catch {
            ConfigurationFile.fail("strata: \(error)")
        }
        await proxy.serve(signals)
    }

    private init(_ settings: Configuration) async throws {
        self.settings = settings
        logger = Logger(label: "strata")
        try FileManager.default.createDirectory(atPath: settings.state, withIntermediateDirectories: true)
        group = MultiThreadedEventLoopGroup(numberOfThreads: settings.threads ?? System.coreCount)
        loops = group.makeIterator().enumerated().map { NIOLoop(index: $0.offset, eventLoop: $0.element) }
        let redis = try Tiers.redis(settings, loops: loops)
        fleetLog = try InvalidationLogs.fleet(settings, redis?.servers)
        log = try fleetLog ?? InvalidationLogs.journal(settings)
        tiers = try Tiers(settings, redis: redis, loops: loops)
        upstream = try CurlUpstream(
            configuration: CurlUpstream.Configuration(
                idleConnections: settings.origins.reduce(0) { $0 + $1.keepalive }),
            logger: Logger(label: "strata.origin"))
        audit = try settings.purge.audit.map {
            try AuditLog(path: $0, clock: { Limits.wallClock().milliseconds }, logger: Logger(label: "strata.audit"))
        }
        engine = Engine(
            components: tiers.components(upstream: upstream, log: log, audit: audit),
            policy: Engine.Policy(settings), logger: logger, clock: Limits.wallClock)
        accessLog = try settings.log.access.map {
            try AccessLogWriter(path: $0.path, logger: Logger(label: "strata.access"))
        }
        telemetry = Telemetry(
            loops: loops.count, accessLog: accessLog, isJSON: settings.log.access?.format == .json)
        listener = try await Listener(
            Listener.Configuration(settings), engine: engine, loops: loops, group: group, logs: telemetry.logs,
            logger: logger)
        control = ProxyStatus(
            engine: engine, telemetry: telemetry, listener: listener, loops: loops,
            settings: settings, started: Date())
    }

    // MARK: Start and stop

    private func start() async throws {
        async let followed: Void = startLog()
        await startRedis()
        await followed
        for (loop, log) in zip(loops, telemetry.logs) {
            loop.eventLoop.scheduleRepeatedTask(initialDelay: .milliseconds(200), delay: .milliseconds(200)) { _ in
                log.flush()
            }
        }
        loops[0].eventLoop.scheduleRepeatedTask(initialDelay: .seconds(0), delay: .seconds(1)) { [telemetry] _ in
            telemetry.tick(now: Limits.monotonicMilliseconds())
        }
        engine.startLurker(on: loops[0])
        for address in try await listener.start() { Self.say("listening on \(address)") }
    }

    /// Gives Redis 2 s to be there: the first requests after a restart find it, and don't go to the origin instead.
    private func startRedis() async {
        guard let redis = tiers.redis else { return }
        redis.start()
        let end = ContinuousClock.now + .seconds(2)
        while redis.statistics().state != .up, ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Everything that the log holds is applied before anything is served; with Redis away it is served, and validated.
    private func startLog() async {
        guard let fleetLog else { return }
        await withCheckedContinuation { done in fleetLog.start(withinMilliseconds: 2000) { done.resume() } }
    }

    private func serve(_ signals: Signals) async {
        await withTaskGroup(of: Void.self) { tasks in
            if let admin = settings.admin { tasks.addTask { await self.serveAdmin(admin) } }
            control.become(.ready)
            for await signal in signals.stream {
                if signal == SIGUSR1 {
                    accessLog?.reopen()
                    audit?.reopen()
                    continue
                }
                break
            }
            // A second signal ends it at once: the default action is back.
            signals.restoreDefaults()
            await stop()
            tasks.cancelAll()
        }
    }

    private func serveAdmin(_ settings: Configuration.Admin) async {
        let server = AdminServer(
            configuration: AdminServer.Configuration(settings), control: control, logger: Logger(label: "strata.admin"))
        do {
            try await server.run(onBound: { Self.say("admin on \($0)") })
        } catch is CancellationError {
        } catch {
            ConfigurationFile.fail("strata: admin.listen \(settings.listen): \(SystemText.of(error))")
        }
    }

    private func stop() async {
        control.become(.draining)
        logger.notice("draining")
        fleetLog?.stopWaiting()
        await listener.drain(withinMilliseconds: settings.shutdownTimeout)
        await engine.appendRepeatedPurges()
        await withTaskGroup(of: Void.self) { tasks in
            for disk in tiers.disks { tasks.addTask { await self.shutDown(disk) } }
        }
        upstream.shutdown()
        await withCheckedContinuation { done in log.close { done.resume() } }
        // The log speaks to the same servers.
        await shutDown(tiers.redis)
        for (loop, log) in zip(loops, telemetry.logs) {
            try? await loop.eventLoop.submit { log.flush() }.get()
        }
        _ = accessLog?.close()
        audit?.close()
        logger.notice("stopped")
    }

    private func shutDown(_ tier: (any Tier)?) async {
        guard let tier else { return }
        await withCheckedContinuation { done in tier.shutdown(withinMilliseconds: 5000) { done.resume() } }
    }

    /// One line on standard output, at once: others wait for it.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
