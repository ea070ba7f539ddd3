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
        var lines = Lines(file: file == "-" ? "standard input" : file)
        var folder = stat()
        if file != "-", stat(file, &folder) == 0, folder.st_mode & S_IFMT == S_IFDIR {
            throw InputError(file: lines.file, line: nil, reason: "is a folder")
        }
        var source: ByteSource
        do throws(ByteSource.Fault) {
            source = try ByteSource(file)
        } catch {
            throw InputError(file: lines.file, line: nil, reason: error.reason)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: longestLine + chunk, alignment: 16)
        defer { buffer.deallocate() }
        var filled = 0
        while true {
            let count: Int
            do throws(ByteSource.Fault) {
                count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + chunk]))
            } catch {
                throw lines.error(error.reason)
            }
            filled += count
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
                case .request(let key, let size):
                    guard trace.canCount(size) else {
                        throw LineFormat.Fault(reason: "the requests together are above 2^63 bytes")
                    }
                    trace.append(key: key, size: size)
                case .skipped, nil: trace.skippedLines += 1
                }
            } catch {
                throw self.error(error.reason)
            }
        }
    }
}
