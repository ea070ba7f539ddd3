import CZlib
import Glibc

/// The bytes of a file, unpacked where it is gzip (RFC 1952), which its first two bytes tell: any number of members, one
/// behind the other. Nothing that stands in the file is passed over but zeros at its end, which tape archives leave.
struct ByteSource: ~Copyable {
    /// Why there is no more to read.
    struct Fault: Error { var reason: String }

    private enum Form {
        case unknown, plain
        /// In a member.
        case member
        /// A member has ended.
        case between
    }

    private let descriptor: Int32
    private let owns: Bool
    private var form = Form.unknown
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    /// Where the bytes of `input` are that nobody has taken yet.
    private var left = 0..<0
    /// At one address for all its life: zlib compares it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    /// - Parameter path: `-` is standard input.
    init(_ path: String) throws(Fault) {
        owns = path != "-"
        descriptor = owns ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO
        stream.initialize(to: z_stream())
        let isOpen = descriptor >= 0
        let reason = isOpen ? "" : Self.lastError
        // 15: the largest window; 16: gzip alone.
        let isReady = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        guard isOpen, isReady else { throw Fault(reason: isOpen ? "no memory" : reason) }
    }

    deinit {
        if owns, descriptor >= 0 { close(descriptor) }
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    private static var lastError: String { String(cString: strerror(errno)) }

    /// Reads some bytes into `output` and returns how many; 0 at the end. What could be unpacked before a fault comes first.
    mutating func read(into output: UnsafeMutableRawBufferPointer) throws(Fault) -> Int {
        while true {
            switch form {
            case .unknown: form = try startsMember() ? .member : .plain
            case .plain:
                if left.isEmpty, try !fill() { return 0 }
                let count = min(left.count, output.count)
                output.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[left.prefix(count)]))
                left = left.dropFirst(count)
                return count
            case .member:
                let count = try inflate(into: output)
                if count > 0 { return count }
            case .between:
                if left.isEmpty, try !fill() { return 0 }
                guard input[left.lowerBound] != 0 else {
                    left = left.dropFirst()
                    continue
                }
                guard try startsMember() else { throw Fault(reason: "what follows the gzip data is no gzip") }
                inflateReset(stream)
                form = .member
            }
        }
    }

    private mutating func inflate(into output: UnsafeMutableRawBufferPointer) throws(Fault) -> Int {
        if left.isEmpty, try !fill() { throw Fault(reason: "the gzip data ends too early") }
        stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self).advanced(by: left.lowerBound)
        stream.pointee.avail_in = UInt32(left.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(clamping: output.count)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        left = left.suffix(Int(stream.pointee.avail_in))
        let count = output.count - Int(stream.pointee.avail_out)
        if code == Z_STREAM_END {
            form = .between
        } else if code != Z_OK, count == 0 {
            let message = stream.pointee.msg.map { String(cString: $0) } ?? "error \(code)"
            throw Fault(reason: "the gzip data is damaged: \(message)")
        }
        return count
    }

    /// Whether the next bytes are those that a member begins with.
    private mutating func startsMember() throws(Fault) -> Bool {
        while left.count < 2, try fill() {}
        return left.count >= 2 && input[left.lowerBound] == 0x1f && input[left.lowerBound + 1] == 0x8b
    }

    /// Puts more of the file behind what is left, which is less than two bytes. Returns whether there was any.
    private mutating func fill() throws(Fault) -> Bool {
        let kept = left.count
        for offset in 0..<kept { input[offset] = input[left.lowerBound + offset] }
        while true {
            let count = Glibc.read(descriptor, input.baseAddress! + kept, input.count - kept)
            if count < 0 {
                guard errno == EINTR else { throw Fault(reason: Self.lastError) }
                continue
            }
            left = 0..<kept + count
            return count > 0
        }
    }
}
