internal import CPlatform
internal import Glibc

/// The names in the tier's folder (docs/disk-format.md). Only files with these names are ever removed.
struct Folder: Sendable {
    let path: String

    var lock: String { path + "/lock" }
    var format: String { path + "/format" }
    /// The index's snapshot, and the next one while it is written.
    var index: String { path + "/index" }
    var newIndex: String { path + "/index.new" }
    var segments: String { path + "/segments" }
    var bodies: String { path + "/bodies" }

    func segment(_ number: UInt32) -> String { segments + "/" + Self.hex(UInt64(number), digits: 8) + ".seg" }
    func body(_ number: UInt64) -> String { bodies + "/" + Self.hex(number, digits: 16) + ".body" }

    /// Numbers of the segment files, ascending.
    func segmentNumbers() throws(DiskError) -> [UInt32] {
        let numbers = try names(segments).compactMap { Self.number($0, digits: 8, suffix: ".seg") }
        return numbers.map { UInt32(truncatingIfNeeded: $0) }.sorted()
    }

    func bodyNumbers() throws(DiskError) -> [UInt64] {
        try names(bodies).compactMap { Self.number($0, digits: 16, suffix: ".body") }
    }

    /// Makes the folder, those above it and those in it, where they are missing.
    func create() throws(DiskError) {
        let above = path.indices.dropFirst().filter { path[$0] == "/" }.map { String(path[..<$0]) }
        for folder in above + [path, segments, bodies] {
            let result = cplatform_mkdir(folder, 0o700)
            guard result == 0 else {
                throw DiskError(kind: .system, path: folder, errno: -result, action: "make the folder")
            }
        }
    }

    /// Makes new and removed names in a folder durable. Its failure costs newest fills only.
    static func sync(_ path: String) {
        let descriptor = cplatform_open(path, O_RDONLY | O_DIRECTORY, 0)
        guard descriptor >= 0 else { return }
        _ = cplatform_fsync(descriptor)
        _ = cplatform_close(descriptor)
    }

    func names(_ path: String) throws(DiskError) -> [String] {
        var found: [String] = []
        let result = withUnsafeMutablePointer(to: &found) { found in
            cplatform_list(
                path,
                { context, name in
                    context!.assumingMemoryBound(to: [String].self).pointee.append(String(cString: name!))
                }, found)
        }
        guard result == 0 else { throw DiskError(kind: .system, path: path, errno: -result, action: "list the folder") }
        return found
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let hex = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - hex.count)) + hex
    }

    private static func number(_ name: String, digits: Int, suffix: String) -> UInt64? {
        guard name.utf8.count == digits + suffix.utf8.count, name.hasSuffix(suffix),
            let number = UInt64(name.prefix(digits), radix: 16), hex(number, digits: digits) + suffix == name
        else { return nil }
        return number
    }
}
