import CZlib
import Glibc

/// Reads access logs and traces, plain or gzip, line by line.
package enum TraceReader {
    /// Longer lines are an error.
    static let longestLine = 1 << 20
    private static let chunk = 1 << 18

    /// - Parameter files: paths; `-` is standard input. Read one after the other, as one trace.
    package static func read(_ files: [String]) throws(InputError) -> Trace {
        var trace = Trace()
        for file in files { try read(file, into: &trace) }
        return trace
    }

    private static func read(_ file: String, into trace: inout Trace) throws(InputError) {
        let name = file == "-" ? "standard input" : file
        var isFolder = stat()
        if file != "-", stat(file, &isFolder) == 0, isFolder.st_mode & S_IFMT == S_IFDIR {
            throw InputError(file: name, line: nil, reason: "is a folder")
        }
        // `gzread` hands on what is no gzip as it is.
        guard let stream = file == "-" ? gzdopen(dup(STDIN_FILENO), "r") : gzopen(file, "r") else {
            throw InputError(file: name, line: nil, reason: String(cString: strerror(errno)))
        }
        defer { gzclose(stream) }
        var lines = Lines(file: name)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: longestLine + chunk, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        while true {
            let count = gzread(stream, buffer.baseAddress! + filled, UInt32(chunk))
            // A gzip file that was cut short ends like any other; only the code tells.
            var code = Z_OK
            _ = count > 0 ? nil : gzerror(stream, &code)
            guard code == Z_OK else {
                let reason = gzerror(stream, &code).map { String(cString: $0) } ?? "can't be read"
                throw InputError(file: name, line: nil, reason: reason)
            }
            filled += Int(count)
            let used = try lines.parse(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), isLast: count == 0, &trace)
            if count == 0 { return }
            filled -= used
            guard filled <= longestLine else { throw lines.error("the line is longer than 1 MB") }
            memmove(buffer.baseAddress!, buffer.baseAddress! + used, filled)
        }
    }

    /// Where in a file reading is.
    private struct Lines {
        let file: String
        private var line = 1
        private var format: LineFormat?

        init(file: String) { self.file = file }

        func error(_ reason: String) -> InputError { InputError(file: file, line: line, reason: reason) }

        /// Parses the whole lines in `bytes` and returns how many bytes they are. What stands behind the last line break
        /// is a line only when `isLast`.
        mutating func parse(
            _ bytes: UnsafeRawBufferPointer, isLast: Bool, _ trace: inout Trace
        ) throws(InputError) -> Int {
            var start = 0
            while start < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
                let found = memchr(rest.baseAddress!, 0x0a, rest.count)
                guard found != nil || isLast else { break }
                let length = found.map { UnsafeRawPointer($0) - rest.baseAddress! } ?? rest.count
                try add(UnsafeRawBufferPointer(rebasing: rest[..<length]), to: &trace)
                start += length + (found == nil ? 0 : 1)
                line += 1
            }
            return start
        }

        private mutating func add(_ bytes: UnsafeRawBufferPointer, to trace: inout Trace) throws(InputError) {
            let text = bytes.last == 0x0d ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
            guard !text.isEmpty else { return }
            do throws(LineFormat.Fault) {
                if format == nil { format = try LineFormat(first: text) }
                switch try format?.parse(text) {
                case .request(let key, let size): trace.append(key: key, size: size)
                case .skipped, nil: trace.skippedLines += 1
                }
            } catch {
                throw self.error(error.reason)
            }
        }
    }
}
