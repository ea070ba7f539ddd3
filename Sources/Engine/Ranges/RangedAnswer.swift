internal import CacheModel
internal import HTTPCaching
internal import HTTPMessage
internal import NIOCore

/// What a request with `Range` gets of a 200: a 206 or a 416 (RFC 9110 §14.2, §15.3.7, §15.5.17).
struct RangedAnswer {
    var status: Int
    var fields: FieldBlock
    /// Of the answer's body.
    var length: Int
    var segments: [BodySegment]

    /// What a stored response gives. Nil: it goes out whole, as without `Range`. Conditions come first: ask only when
    /// the answer would be a 200.
    init?(_ response: StoredResponse, requestFields: FieldBlock, method: Method, now: Timestamp) {
        guard requestFields.contains(.range) else { return nil }
        let stored = response.fields
        let date = StoredLines.valueRange(of: .date, in: stored).flatMap {
            HTTPDate.parse(UnsafeRawBufferPointer(rebasing: stored[$0]), now: now)
        }
        let selection = RangeSelection.decide(
            method: method, requestFields: requestFields, status: Int(response.meta.status),
            validators: RangeValidators(etag: response.etag, lastModified: response.meta.lastModified, date: date),
            length: response.bodyLength, now: now)
        self.init(selection, of: response.bodyLength) { FieldBlock(lines: stored) }
    }

    /// What an answer that is on its way gives, once its length is known.
    init?(_ answer: FlightAnswer, fields: FieldBlock, requestFields: FieldBlock, method: Method, now: Timestamp) {
        guard requestFields.contains(.range), answer.stored != nil, let length = answer.length else { return nil }
        let etag = fields.first(.etag).map { Array(fields.value($0)) } ?? []
        func date(_ name: FieldName) -> Timestamp? {
            fields.first(name).flatMap { HTTPDate.parse(fields.value($0), now: now) }
        }
        let selection = etag.withUnsafeBytes {
            RangeSelection.decide(
                method: method, requestFields: requestFields, status: answer.status,
                validators: RangeValidators(etag: $0, lastModified: date(.lastModified), date: date(.date)),
                length: length, now: now)
        }
        self.init(selection, of: length) { fields }
    }

    private init?(_ selection: RangeSelection, of completeLength: Int, _ fields: () -> FieldBlock) {
        switch selection {
        case .whole:
            return nil
        case .part(let range):
            status = 206
            self.fields = PartialFields.single(fields(), range, completeLength: completeLength)
            length = range.count
            segments = [.body(range)]
        case .parts(let ranges):
            let whole = fields()
            let parts = MultipartRanges(
                ranges, completeLength: completeLength,
                contentType: whole.first(.contentType).map { Array(whole.value($0)) },
                boundary: MultipartRanges.randomBoundary())
            status = 206
            self.fields = PartialFields.several(whole, parts)
            length = parts.length
            segments = parts.parts.flatMap { [.bytes(ByteBuffer(bytes: $0.head)), .body($0.range)] }
            segments.append(.bytes(ByteBuffer(bytes: parts.end)))
        case .unsatisfiable:
            status = 416
            self.fields = PartialFields.unsatisfied(length: completeLength)
            length = 0
            segments = []
        }
    }

    /// Makes the head of the 200 that of this answer.
    func apply(to head: inout AnswerHead) {
        head.status = status
        head.reason = []
        head.fields = .block(fields)
        head.length = .exactly(length)
        // A 416 is made now, whatever the age of the response is that it speaks of.
        if status == 416 { head.age = nil }
    }
}

extension StoredResponse {
    /// A part of a body that is in memory; it shares a large body's storage.
    func part(_ range: Range<Int>) -> ByteBuffer {
        switch body {
        case .inline: ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: inlineBody[range]))
        case .chunk(let bytes): bytes.getSlice(at: bytes.readerIndex + range.lowerBound, length: range.count)!
        case .external: preconditionFailure("a body in a file is read, not cut")
        }
    }
}
