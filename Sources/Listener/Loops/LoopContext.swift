internal import Engine
internal import HTTPMessage
internal import NIOCore

/// What the connections of one loop share. Touched on that loop only.
final class LoopContext {
    let worker: Worker
    let log: any RequestLog
    let configuration: Listener.Configuration
    /// `Via: 1.1 name\r\n`
    let via: [UInt8]
    private(set) var connections: [ObjectIdentifier: ConnectionHandler] = [:]
    private(set) var isDraining = false
    private var date: (second: Int64, line: [UInt8]) = (.min, [])
    private var nextRequestID: UInt64 = .random(in: 0 ... .max)

    init(worker: Worker, log: any RequestLog, configuration: Listener.Configuration) {
        self.worker = worker
        self.log = log
        self.configuration = configuration
        via = Array("Via: 1.1 ".utf8) + worker.engine.pseudonym + [0x0d, 0x0a]
    }

    func add(_ connection: ConnectionHandler) { connections[ObjectIdentifier(connection)] = connection }
    func remove(_ connection: ConnectionHandler) { connections[ObjectIdentifier(connection)] = nil }

    /// `Date: …\r\n`, made once a second.
    func dateLine(_ now: Timestamp) -> [UInt8] {
        if date.second != now.seconds {
            date = (now.seconds, Array("Date: ".utf8) + HTTPDate.bytes(now) + [0x0d, 0x0a])
        }
        return date.line
    }

    /// A request id nobody else has: 16 hex digits.
    func makeRequestID() -> [UInt8] {
        nextRequestID &+= 0x9e37_79b9_7f4a_7c15  // odd, so that all 2^64 values come before one comes again
        let hex = String(nextRequestID, radix: 16)
        return Array(repeating: 0x30, count: 16 - hex.utf8.count) + Array(hex.utf8)
    }

    /// Closes what idles, and makes every other connection close after its answer.
    func drain() {
        isDraining = true
        for connection in connections.values { connection.drain() }
    }

    func closeAll() {
        for connection in connections.values { connection.closeNow() }
    }

    /// Closes connections whose time is over. Called every so often.
    func checkDeadlines() {
        let now = Clocks.monotonicMicroseconds()
        for connection in connections.values { connection.checkDeadline(now: now) }
    }
}
