internal import CPlatform
internal import Glibc

/// Why a log of requests or purges could not be opened.
package struct AccessLogError: Error, CustomStringConvertible {
    /// The key of proxy.conf that names the file.
    package var setting = "log.access.path"
    package var path: String
    /// errno.
    package var code: Int32

    package var description: String { "\(setting) \(path): \(String(cString: strerror(code)))" }
}

/// Where the lines go: a file that is appended to, or standard output. One thread; its owner closes it.
struct LogFile: Sendable {
    private let descriptor: Int32
    private let isOwned: Bool

    static func standardOutput() -> LogFile { LogFile(descriptor: 1, isOwned: false) }

    private init(descriptor: Int32, isOwned: Bool) {
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    /// Opens or makes the file. Never waits: a FIFO that nobody reads is an error, not a hanging start.
    init(path: String, setting: String = "log.access.path") throws(AccessLogError) {
        let opened = cplatform_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o640)
        guard opened >= 0 else { throw AccessLogError(setting: setting, path: path, code: -opened) }
        // From here on writes may wait; they have a thread of their own.
        let flags = fcntl(opened, F_GETFL, 0)
        _ = fcntl(opened, F_SETFL, flags & ~O_NONBLOCK)
        descriptor = opened
        isOwned = true
    }

    func close() { if isOwned { _ = cplatform_close(descriptor) } }

    /// One write(2): how many bytes it took, or -errno. Tries again after a signal, and waits for a descriptor that does
    /// not block, as an inherited standard output may be.
    @inline(never)
    func write(_ bytes: UnsafeRawPointer, count: Int) -> Int {
        while true {
            let written = Glibc.write(descriptor, bytes, count)
            if written > 0 { return written }
            if written == 0 { return -Int(EIO) }
            let code = errno
            if code == EINTR { continue }
            guard code == EAGAIN else { return -Int(code) }
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&entry, 1, 1000)
        }
    }
}
