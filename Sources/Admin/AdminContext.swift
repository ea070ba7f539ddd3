internal import Engine
internal import Hummingbird
internal import NIOCore

/// What is known of a request beside itself.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Of the socket, for the audit log.
    let address: String
    /// By what right it purges; nil: it is on no path that purges.
    var grant: PurgeGrant?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        address = source.channel.remoteAddress?.ipAddress ?? "unix"
    }
}
