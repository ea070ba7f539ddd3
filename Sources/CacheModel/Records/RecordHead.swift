/// The fixed part of a record, version 1. All numbers are big-endian, so that a script in Redis can compare positions
/// as byte strings.
///
/// ```
///   0  "STRA"                     56  instance                 104  lastModified ms (Int64.min: none)
///   4  version, kind, flags16     64  local number             112  key length
///   8  total head length          72  request time ms          116  selection length
///  12  CRC32C of the head         80  response time ms         120  fields length
///  16  body length (64 bits)      88  initial age              124  tags length
///  24  CRC32C of the body         92  lifetime                 128  etag start
///  28  status16, rules8, 0        96  stale-while-revalidate   132  etag length
///  32  epoch                     100  stale-if-error           136  key | selection | fields | tags  (head ends)
///  40  n                                                            body
///  48  entry id
/// ```
/// The head's checksum is taken with its own four bytes as zero. A `variants` record has field names and selections,
/// packed like tags, in place of fields and tags, and no body. Body length and checksum are those of the body itself; with
/// the flag `deflated` a zlib stream (RFC 1950) of it follows in its place.
package struct RecordHead: Sendable {
    package enum Kind: UInt8, Sendable {
        case response = 1
        case variants = 2
    }

    /// A reader that does not know a flag does not know the record.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt16
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let deflated = Flags(rawValue: 1)
    }

    package static let magic: UInt32 = 0x5354_5241
    package static let version: UInt8 = 1
    package static let fixedLength = 136
    /// Where epoch and `n` stand, 16 bytes: what a conditional write compares.
    package static let positionRange = 32..<48
    /// Where the entry id stands: what a conditional delete compares.
    package static let entryIDRange = 48..<56
    /// No record's head is longer: key, fields and tags are bounded far below when they are made.
    package static let maxLength = 4 << 20

    package var kind: Kind
    package var flags: Flags
    /// Bytes before the body.
    package var length: Int
    package var bodyLength: Int
    package var bodyChecksum: UInt32
}

/// Why bytes are not a record of the key. The raw values are counter names.
package enum RecordError: String, Error, Sendable, CaseIterable {
    case truncated
    case badMagic = "bad_magic"
    case otherVersion = "other_version"
    case badChecksum = "bad_checksum"
    case badLengths = "bad_lengths"
    case otherKey = "other_key"
    /// The status is no final one, or the fields are no field lines.
    case badHead = "bad_head"
    /// A compressed body is no stream of the length that the head declares.
    case badStream = "bad_stream"
}
