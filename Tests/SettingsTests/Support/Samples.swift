import Settings

/// The texts that several tests read.
enum Samples {
    /// The sample in design.md section 7.
    static let design = """
        listen: ["127.0.0.1:8080"]            # "host:port", "[v6]:port", "unix:/path"
        threads: auto
        state: "var/state"                    # journal, position, instance id (default: beside disk.path)
        shutdown_timeout: 10s                 # idle connections close at once
        admin:
          listen: "127.0.0.1:9090"            # stats, keys, invalidate, warm, dashboard, /metrics
          token: "${STRATA_ADMIN_TOKEN:-}"    # required unless the listener is on loopback
        tiers:
          memory: { size: 256MB, policy: s3-fifo, max_object: 8MB }
          redis:  { url: "redis://127.0.0.1:6379/0", prefix: "strata:", timeout: 50ms, max_object: 1MB, max_ttl: 1h, write: behind, promote: always }
          disk:   { path: "var/cache", size: 10GB, max_object: 1GB, sync: 1s, write: behind }
        purge:
          allow: ["127.0.0.0/8", "::1"]       # socket addresses that may PURGE on the public listener
          tokens: ["${STRATA_PURGE_TOKEN}"]   # an empty one is an error
          max_blind: 30s
          retention: 7d
          max_records: 1000000
        trusted_proxies: []
        origins:
          app: { servers: ["http://127.0.0.1:3000"], host: client }
        sites:
          - hosts: ["example.com", "*.example.com"]
            origin: app
            cache:
              default_ttl: 0s
              stale_while_revalidate: 0s
              stale_if_error: 1h
              tags: ["Surrogate-Key", "Cache-Tag", "xkey", "X-Cache-Tags"]
              expose_tags: false
            key: { query: { drop: ["utm_*", "fbclid", "gclid"], sort: true } }
            rules:
              - { match: { path: "/admin/*" }, cache: false }
              - { match: { path: "/static/*" }, ttl: 7d, strip_cookies: true }
        limits: { request_head: 64KB, fields: 100, request_body: unlimited, connections: 100000 }
        timeouts: { header: 10s, body: 30s, idle: 60s, write: 30s }
        log: { level: info, format: text, access: { path: "-", format: combined } }

        """

    /// The least that is a configuration; ends with a line break.
    static let least = """
        sites:
          - { hosts: ["*"], origin: "http://127.0.0.1:3000" }

        """

    static func load(
        _ yaml: String, _ environment: [String: String] = [:], overrides: Overrides = Overrides()
    ) throws(ConfigurationError) -> Configuration {
        try Configuration.load(yaml: yaml, file: "proxy.conf", environment: environment, overrides: overrides)
    }

    /// The messages as they are printed; none: the file is right.
    static func mistakes(
        _ yaml: String, _ environment: [String: String] = [:], overrides: Overrides = Overrides()
    ) -> [String] {
        do throws(ConfigurationError) {
            _ = try load(yaml, environment, overrides: overrides)
            return []
        } catch {
            return error.mistakes.map { $0.text(file: error.file) }
        }
    }
}
