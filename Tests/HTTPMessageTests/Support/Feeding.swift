import HTTPMessage

/// What a parser made of some bytes, comparable.
struct HeadOutcome: Equatable, CustomStringConvertible {
    var consumed: Int?
    var error: RequestError?
    var method = Method.other
    var methodText = ""
    var target = ""
    var requestLine = ""
    var fields = ""
    var raw: [UInt8] = []
    var minorVersion: UInt8 = 0
    var framing = RequestFraming.none
    var keepAlive = false
    var expect = Expectation.none
    var traits = RequestHead.Traits()

    var description: String {
        if let error { return "error \(error)" }
        guard let consumed else { return "incomplete" }
        return "\(methodText) \(target) took \(consumed), \(framing), keepAlive \(keepAlive), \(fields)"
    }

    init(consumed: Int?, _ head: RequestHead) {
        self.consumed = consumed
        guard consumed != nil else { return }
        let bytes = head.fields.bytes
        method = head.method
        methodText = String(decoding: bytes[head.methodRange], as: UTF8.self)
        target = String(decoding: bytes[head.targetRange], as: UTF8.self)
        requestLine = String(decoding: bytes[head.requestLineRange], as: UTF8.self)
        fields = head.fields.text
        raw = bytes
        minorVersion = head.minorVersion
        framing = head.framing
        keepAlive = head.keepAlive
        expect = head.expect
        traits = head.traits
    }

    init(error: RequestError) {
        self.error = error
    }
}

/// Hands `bytes` to a new parser, first the first `cuts[0]` of them, then the first `cuts[1]` …, at last all.
func parse(_ bytes: [UInt8], cuts: [Int] = [], limits: MessageLimits = MessageLimits()) -> HeadOutcome {
    var parser = RequestParser(limits: limits)
    return parse(bytes, cuts: cuts, with: &parser)
}

func parse(_ bytes: [UInt8], cuts: [Int] = [], with parser: inout RequestParser) -> HeadOutcome {
    do throws(RequestError) {
        for cut in cuts + [bytes.count] {
            // A copy of its own size, so that a read past what has arrived would leave the allocation.
            let consumed = try withCopy(bytes[..<cut]) { bytes throws(RequestError) in try parser.parse(bytes) }
            if let consumed { return HeadOutcome(consumed: consumed, parser.head) }
        }
        return HeadOutcome(consumed: nil, parser.head)
    } catch {
        return HeadOutcome(error: error)
    }
}

/// All at once, in every split position, and byte by byte: the outcomes that differ from the first.
func outcomes(_ bytes: [UInt8], limits: MessageLimits = MessageLimits()) -> (HeadOutcome, differing: [HeadOutcome]) {
    let whole = parse(bytes, limits: limits)
    var others = bytes.indices.map { parse(bytes, cuts: [$0], limits: limits) }
    others.append(parse(bytes, cuts: Array(bytes.indices), limits: limits))
    return (whole, others.filter { $0 != whole })
}

func withCopy<Result, Failure: Error>(
    _ bytes: some Collection<UInt8>, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(memory))
}

/// A request head with the given field lines behind a good `Host`.
func request(_ lines: String..., method: String = "POST", version: String = "HTTP/1.1") -> [UInt8] {
    var text = "\(method) /a HTTP/1.1\r\nHost: a.example\r\n"
    if version != "HTTP/1.1" { text = "\(method) /a \(version)\r\nHost: a.example\r\n" }
    for line in lines { text += line + "\r\n" }
    return Array((text + "\r\n").utf8)
}
