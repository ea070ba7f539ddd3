import CacheModel
import Engine
import Eviction
import HTTPCaching
import HTTPMessage
import Listener
import MemoryTier
import RedisTier
import Settings

/// From what proxy.conf says to what the parts take. Durations of caching are whole seconds there.
extension Engine.Policy {
    init(_ settings: Configuration) {
        self.init(
            sites: settings.sites.map { SitePolicy($0, settings) },
            siteTable: settings.siteTable, trustedProxies: settings.trustedProxies, purgeAllow: settings.purge.allow,
            purgeTokens: PurgeTokens(settings.purge.tokens.map { PurgeToken($0) }),
            purgeRate: settings.purge.rate, refreshRate: settings.purge.refreshRate, debugAllow: settings.debugAllow)
    }
}

extension SitePolicy {
    init(_ site: Configuration.Site, _ settings: Configuration) {
        let origin = settings.origins[site.origin]
        let hostField: HostField =
            switch origin.host {
            case .client: .client
            case .origin: .origin
            case .name(let name): .name(Array(name.utf8))
            }
        self.init(
            server: OriginServer(origin), hostField: hostField, sendsVia: origin.via,
            retriesIdempotent: origin.retry == .idempotent,
            caching: CachingPolicy(
                defaultTTL: site.cache.defaultTTL / 1000, staleWhileRevalidate: site.cache.staleWhileRevalidate / 1000,
                staleIfError: site.cache.staleIfError / 1000),
            tagFields: site.cache.tags.map { TagField(name: $0) }, exposesTags: site.cache.exposeTags,
            query: QueryRules(site.query), rules: site.rules.map { Rule($0, settings) },
            honoursRevalidation: site.cache.clientRevalidation == .honour,
            partition: settings.partitionNumber(site.partition))
    }
}

extension PurgeToken {
    init(_ token: Configuration.Purge.Token) {
        self.init(token.token, hosts: token.hosts, partitions: token.partitions)
    }
}

extension OriginServer {
    init(_ origin: Configuration.Origin) {
        self.init(
            scheme: origin.server.scheme == .http ? .http : .https, host: origin.server.host, port: origin.server.port,
            connectTimeout: origin.connectTimeout, timeout: origin.timeout, idleTimeout: origin.idleTimeout,
            keepalive: origin.keepalive)
    }
}

extension Listener.Configuration {
    init(_ settings: Configuration) {
        self.init(
            addresses: settings.listen.map {
                switch $0 {
                case .tcp(let host, let port): .tcp(host: host, port: port)
                case .unix(let path): .unix(path: path)
                }
            },
            limits: MessageLimits(
                requestLine: settings.limits.requestLine, head: settings.limits.requestHead,
                fields: settings.limits.fields, body: settings.limits.requestBody.map(Int64.init)),
            maxConnections: settings.limits.connections, headerTimeout: settings.timeouts.header,
            bodyTimeout: settings.timeouts.body, idleTimeout: settings.timeouts.idle,
            writeTimeout: settings.timeouts.write)
    }
}

extension RedisTierConfiguration {
    init(_ settings: Configuration.Redis) {
        self.init(settings.url)
        prefix = settings.prefix
        timeoutMilliseconds = settings.timeout
        maxObject = settings.maxObject
        maxTTLMilliseconds = settings.maxTTL
        compression = settings.compress.map { RecordCompression(level: $0.level, minSize: $0.minSize) }
        leaseMilliseconds = settings.lease
        tls = settings.tls.map {
            RedisTLS(
                authorities: $0.authorities, certificate: $0.certificate, key: $0.key,
                verification: RedisTLS.Verification(rawValue: $0.verify.rawValue)!)
        }
    }
}

extension MemoryTier.Configuration {
    /// - Parameter share: bytes of the tier's size.
    init(_ settings: Configuration.Memory, share: Int) {
        self.init(
            capacity: share, policy: PolicyName(rawValue: settings.policy.rawValue)!,
            maxObject: min(settings.maxObject, share / 2), maxTTL: settings.maxTTL.map { $0 / 1000 })
    }
}

extension Engine.SlowTier {
    init(
        _ tier: any Tier, write: Configuration.WriteMode, promote: Configuration.Promotion, maxTTL: Int64? = nil,
        total: TierMeter?
    ) {
        self.init(tier: tier, write: Write(write), promotion: Promotion(promote), maxTTL: maxTTL, total: total)
    }
}
