/// One response as its bytes said, read leniently: a test looks at what came, the parser under test is another one.
package struct RawResponse: Sendable {
    package var status: Int
    package var version: String
    package var reason: String
    /// Names and values in order, in the case of the wire.
    package var fields: [(name: String, value: String)]
    /// Framing removed.
    package var body: [UInt8]
    package var trailers: [(name: String, value: String)] = []
    /// 1xx answers that came before it.
    package var interims: [(status: Int, fields: [(name: String, value: String)])] = []
    /// All bytes that belong to it, interim answers included.
    package var raw: [UInt8]
    /// The connection ended before the framing said so: the body is a part.
    package var isCut = false

    package var text: String { String(decoding: body, as: UTF8.self) }

    /// The value of the field, lines joined with ", "; nil if there is none.
    package subscript(_ name: String) -> String? {
        let values = all(name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The value of each line of that field.
    package func all(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// `Cache-Status`, the word by which most tests judge.
    package var cacheStatus: String { self["Cache-Status"] ?? "" }
}
