internal import NIOCore
internal import RedisLocation

/// A connection beside those that operations go over: some commands, their replies in order, and then whatever the
/// server says by itself (a subscription's messages). Used on its loop only, and over when `onEnd` is called.
final class Conversation: ReplyReceiver, @unchecked Sendable {
    // Safe because every stored `var` is touched on `eventLoop` only: NIO calls the receiver there, and `init` and `end`
    // are called there (checked in debug builds).

    private let eventLoop: any EventLoop
    private let commands: [Command]
    private let logins: Int
    private var channel: (any Channel)?
    private var heard = 0
    private var isOver = false
    private var limit: Scheduled<Void>?
    private var onReply: ((Int, Reply) -> Void)?
    private var onEnd: ((LinkFault) -> Void)?

    /// Connects and sends.
    /// - Parameters:
    ///   - login: sent first; its reply is not told, an error ends the conversation.
    ///   - milliseconds: in which the replies to all commands must have come.
    ///   - onReply: the number of the command, or of what came behind the last one; may call `end`.
    init(
        with address: RedisAddress, login: RedisURL.Login?, commands: [Command], by connector: Connector,
        on eventLoop: any EventLoop, withinMilliseconds milliseconds: Int64,
        onReply: @escaping (Int, Reply) -> Void, onEnd: @escaping (LinkFault) -> Void
    ) {
        eventLoop.assertInEventLoop()
        self.eventLoop = eventLoop
        let login = login.map { [Command(login: $0)] } ?? []
        logins = login.count
        self.commands = login + commands
        self.onReply = onReply
        self.onEnd = onEnd
        limit = eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { self.end(.connectTimeout) }
        connector.connect(to: address, on: eventLoop, limits: Self.limits, self, attempt: 0)
    }

    /// A cluster's slots may be cut into as many ranges as there are slots.
    private static let limits = ReplyLimits(maxBulk: 1 << 20, maxSkipped: 1 << 20, maxElements: 16384, maxDepth: 6)

    func connected(_ channel: any Channel, _ attempt: UInt64) {
        guard !isOver else { return channel.close(promise: nil) }
        self.channel = channel
        for command in commands { channel.write(command.bytes, promise: nil) }
        channel.flush()
    }

    func received(_ reply: Reply, _ attempt: UInt64) {
        guard !isOver else { return }
        heard += 1
        if heard == commands.count {
            limit?.cancel()
            limit = nil
        }
        guard heard > logins else {
            if case .error(let text) = reply { end(.refused(text)) }
            return
        }
        onReply?(heard - logins - 1, reply)
    }

    func failed(_ fault: LinkFault, _ attempt: UInt64) { end(fault) }

    /// Sends one more command; its reply is told as the next one.
    func send(_ command: Command) {
        guard !isOver, let channel else { return }
        channel.writeAndFlush(command.bytes, promise: nil)
    }

    /// Closes the connection and tells `onEnd`, once.
    func end(_ fault: LinkFault = .shutdown) {
        eventLoop.assertInEventLoop()
        guard !isOver else { return }
        isOver = true
        limit?.cancel()
        channel?.close(promise: nil)
        channel = nil
        let told = onEnd
        onReply = nil
        onEnd = nil
        told?(fault)
    }
}
