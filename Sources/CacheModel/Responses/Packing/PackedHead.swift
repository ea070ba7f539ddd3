internal import HTTPCaching
internal import HTTPMessage
internal import Invalidation

/// What is known of a stored response before its bytes: `ResponseMeta` and the lengths of the parts in 74 bytes, nothing
/// rounded. What does not fit is kept as it is in a `WideHead`; what can be told from the rest is not kept.
///
/// A class allocation puts it right behind the object's header, and the bytes right behind it, so its size counts and
/// not its stride.
package struct PackedHead {
    /// Atomic; see `StoredResponse.checkedBelow`.
    @usableFromInline var checkedBelow: UInt64 = 0
    /// Milliseconds, 48 bits with `responseTimeHigh`.
    @usableFromInline var responseTimeLow: UInt32 = 0
    /// Milliseconds from `requestTime` to the response time.
    var requestDelay: UInt32 = 0
    @usableFromInline var initialAge: UInt32 = 0
    @usableFromInline var lifetime: UInt32 = 0
    @usableFromInline var staleWhileRevalidate: UInt32 = 0
    @usableFromInline var staleIfError: UInt32 = 0
    /// Seconds; `noDate`: none.
    var lastModified: UInt32 = PackedHead.noDate
    var asOfLow: UInt32 = 0
    var localNumberLow: UInt32 = 0
    /// Atomic; ticks of `UseClock`.
    @usableFromInline var lastUse: UInt32 = 0
    @usableFromInline var responseTimeHigh: UInt16 = 0
    var asOfHigh: UInt16 = 0
    var localNumberHigh: UInt16 = 0
    /// Epoch and instance, by `ProvenanceTable.shared`.
    var provenance: UInt16 = 0
    @usableFromInline var status: UInt16 = 0
    @usableFromInline var rules: UInt8 = 0
    @usableFromInline var flags: UInt8 = 0
    @usableFromInline var keyLength: UInt16 = 0
    @usableFromInline var selectionLength: UInt16 = 0
    @usableFromInline var fieldsLength: UInt16 = 0
    @usableFromInline var tagsLength: UInt16 = 0
    @usableFromInline var inlineLength: UInt16 = 0
    @usableFromInline var etagStart: UInt16 = 0
    @usableFromInline var etagLength: UInt16 = 0

    static let noDate = UInt32.max

    /// There is a `WideHead`, and of this head only the atomics and the flags mean anything.
    @usableFromInline static let isWide: UInt8 = 1
    /// The body is not inline.
    @usableFromInline static let isOutside: UInt8 = 2
    /// The entry id is not `ResponseMeta.entryID(instance:localNumber:)`.
    @usableFromInline static let hasOwnID: UInt8 = 4
    /// Something stands between the head and the bytes.
    @usableFromInline static let hasExtras: UInt8 = 7
    static let tagsCut: UInt8 = 8
}

/// What a head could not pack, in full.
struct WideHead {
    var meta: ResponseMeta
    var lengths: PartLengths
}

/// Bytes of the parts of a stored response, and where the entity tag lies in the fields; length 0: none.
struct PartLengths: Equatable {
    var key = 0
    var selection = 0
    var fields = 0
    var tags = 0
    var inline = 0
    var etagStart = 0
    var etagLength = 0

    var total: Int { key + selection + fields + tags + inline }
}

extension PackedHead {
    /// Nil when something does not fit. The flags about extras are the caller's, but for `hasOwnID`.
    init?(_ meta: ResponseMeta, _ lengths: PartLengths, _ table: ProvenanceTable) {
        let response = meta.freshness.responseTime.milliseconds
        let (delay, overflow) = response.subtractingReportingOverflow(meta.requestTime.milliseconds)
        guard let low = Self.low48(UInt64(bitPattern: response)), !overflow, let delay = UInt32(exactly: delay),
            let asOf = Self.low48(meta.asOf.n), let localNumber = Self.low48(meta.localNumber),
            let lastModified = Self.seconds(meta.lastModified),
            lengths.total <= Int(UInt16.max), lengths.etagStart <= lengths.fields, lengths.etagLength <= lengths.fields,
            let provenance = table.number(epoch: meta.asOf.epoch, instance: meta.instance)
        else { return nil }
        (responseTimeLow, responseTimeHigh) = low
        requestDelay = delay
        initialAge = meta.freshness.initialAge
        lifetime = meta.freshness.lifetime
        staleWhileRevalidate = meta.freshness.staleWhileRevalidate
        staleIfError = meta.freshness.staleIfError
        self.lastModified = lastModified
        (asOfLow, asOfHigh) = asOf
        (localNumberLow, localNumberHigh) = localNumber
        self.provenance = provenance
        status = meta.status
        rules = meta.freshness.rules.rawValue
        if meta.tagsCut { flags |= Self.tagsCut }
        let derived = ResponseMeta.entryID(instance: meta.instance, localNumber: meta.localNumber)
        if meta.entryID != derived { flags |= Self.hasOwnID }
        keyLength = UInt16(lengths.key)
        selectionLength = UInt16(lengths.selection)
        fieldsLength = UInt16(lengths.fields)
        tagsLength = UInt16(lengths.tags)
        inlineLength = UInt16(lengths.inline)
        etagStart = UInt16(lengths.etagStart)
        etagLength = UInt16(lengths.etagLength)
    }

    private static func low48(_ value: UInt64) -> (UInt32, UInt16)? {
        guard value < 1 << 48 else { return nil }
        return (UInt32(truncatingIfNeeded: value), UInt16(truncatingIfNeeded: value >> 32))
    }

    private static func seconds(_ time: Timestamp?) -> UInt32? {
        guard let time else { return noDate }
        let (seconds, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 1000)
        guard rest == 0, let seconds = UInt32(exactly: seconds), seconds != noDate else { return nil }
        return seconds
    }

    /// All but the entry id.
    func meta(entryID: UInt64?, _ table: ProvenanceTable) -> ResponseMeta {
        let pair = table.pair(provenance)
        return ResponseMeta(
            status: status, freshness: freshness,
            requestTime: Timestamp(milliseconds: freshness.responseTime.milliseconds - Int64(requestDelay)),
            asOf: Position(epoch: pair.epoch, n: asOfN),
            entryID: entryID ?? ResponseMeta.entryID(instance: pair.instance, localNumber: localNumber),
            instance: pair.instance, localNumber: localNumber, tagsCut: flags & Self.tagsCut != 0,
            lastModified: lastModified == Self.noDate ? nil : Timestamp(seconds: Int64(lastModified)))
    }

    var asOfN: UInt64 { UInt64(asOfHigh) << 32 | UInt64(asOfLow) }
    var localNumber: UInt64 { UInt64(localNumberHigh) << 32 | UInt64(localNumberLow) }

    @inline(__always)
    var freshness: Freshness {
        Freshness(
            responseTime: Timestamp(milliseconds: Int64(responseTimeHigh) << 32 | Int64(responseTimeLow)),
            initialAge: initialAge, lifetime: lifetime, staleWhileRevalidate: staleWhileRevalidate,
            staleIfError: staleIfError, rules: Freshness.Rules(rawValue: rules))
    }

    var lengths: PartLengths {
        PartLengths(
            key: Int(keyLength), selection: Int(selectionLength), fields: Int(fieldsLength), tags: Int(tagsLength),
            inline: Int(inlineLength), etagStart: Int(etagStart), etagLength: Int(etagLength))
    }
}
