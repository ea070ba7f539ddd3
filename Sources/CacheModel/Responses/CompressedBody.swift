internal import HTTPMessage

/// Whether a body is compressed already, told by its fields: to compress it again would cost time and save nothing.
package enum CompressedBody {
    /// - Parameter lines: `Name: value\r\n` lines, as `StoredResponse.fields` holds them.
    package static func isLikely(lines: UnsafeRawBufferPointer) -> Bool {
        let fields = FieldBlock(lines: lines)
        // Any coding but "none": RFC 9110 §8.4.
        for value in fields.values(.contentEncoding) where !Text.equals(value, "identity") { return true }
        guard let type = fields.first(.contentType).map({ fields.value($0) }) else { return false }
        let media = type.prefix { $0 != 0x3b && $0 != 0x20 && $0 != 0x09 }
        let name = String(decoding: media, as: UTF8.self).lowercased()
        return !texts.contains(name) && (families.contains { name.hasPrefix($0) } || archives.contains(name))
    }

    private static let families = ["image/", "video/", "audio/", "font/"]
    /// Of those families, but text or plain bytes.
    private static let texts: Set<String> = [
        "image/svg+xml", "image/bmp", "image/x-ms-bmp", "image/vnd.microsoft.icon", "image/x-icon", "audio/wav",
        "audio/x-wav", "font/ttf", "font/otf",
    ]
    private static let archives: Set<String> = [
        "application/zip", "application/gzip", "application/x-gzip", "application/zstd", "application/x-bzip2",
        "application/x-xz", "application/x-7z-compressed", "application/vnd.rar", "application/x-rar-compressed",
        "application/java-archive", "application/vnd.android.package-archive", "application/pdf",
        "application/epub+zip", "application/font-woff", "application/font-woff2", "application/ogg",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ]
}
