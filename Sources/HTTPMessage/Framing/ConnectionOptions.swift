/// What `Connection` says about the connection itself (RFC 9112 §9.3, RFC 9110 §7.6.1); its other options are for who
/// forwards the message.
struct ConnectionOptions: Sendable {
    var close = false
    var keepAlive = false

    /// Takes one field line; several add up.
    mutating func read(_ value: UnsafeRawBufferPointer) {
        var options = ListElements(value)
        while let option = options.next() {
            if Text.equals(option, "close") {
                close = true
            } else if Text.equals(option, "keep-alive") {
                keepAlive = true
            }
        }
    }
}
