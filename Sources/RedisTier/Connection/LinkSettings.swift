internal import RedisLocation

/// What every link to one server has in common.
struct LinkSettings: Sendable {
    let connector: Connector
    let handshake: [Command]
    var limits: ConnectionLimits
    var replyLimits: ReplyLimits
    let timeout: Int64
    var breakerThreshold: Int

    init(_ configuration: RedisTierConfiguration) throws(RedisConfigurationError) {
        connector = try Connector(
            timeoutMilliseconds: configuration.connectTimeoutMilliseconds, tls: configuration.tls)
        timeout = configuration.timeoutMilliseconds
        breakerThreshold = configuration.breakerThreshold
        limits = ConnectionLimits(
            maxOperations: configuration.maxQueuedOperations, maxBytes: configuration.maxQueuedBytes,
            maxOverdue: configuration.overdueMilliseconds)
        let maxValue = configuration.maxObject + ValueCodec.headAllowance
        replyLimits = ReplyLimits(maxBulk: maxValue, maxSkipped: 8 * maxValue, minLarge: ValueCodec.minLarge)
        var handshake = configuration.login.map { [Command(login: $0)] } ?? []
        if configuration.database != 0 { handshake.append(Command("SELECT", String(configuration.database))) }
        // Only an answered PING proves that someone serves behind the socket: a stopped or loading server accepts too.
        handshake.append(Command("PING"))
        self.handshake = handshake
    }
}

extension Command {
    init(login: RedisURL.Login) {
        if let username = login.username {
            self.init("AUTH", username, login.password)
        } else {
            self.init("AUTH", login.password)
        }
    }
}
