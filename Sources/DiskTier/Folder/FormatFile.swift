/// `format`: one line that names the version of everything beside it. Another version's files are dropped.
enum FormatFile {
    static let line = "strata disk tier, format \(SegmentHeader.formatVersion)\n"

    enum Found: Equatable {
        /// No such file: a new folder, or one that is not ours.
        case none
        case ours
        case other(String)
    }

    static func read(_ folder: Folder, on device: any Device) -> Found {
        guard let file = try? OpenFile(folder.format, .read, on: device) else { return .none }
        guard let size = try? file.size(), size > 0, size <= 256, let bytes = try? file.read(count: size, at: 0) else {
            return .other("unreadable")
        }
        return bytes == Array(line.utf8) ? .ours : .other(String(decoding: bytes.filter { $0 >= 0x20 }, as: UTF8.self))
    }

    /// Written last, so that a start that is cut off finds none and starts over.
    static func write(_ folder: Folder, on device: any Device) throws(DiskError) {
        do throws(FileFailure) {
            _ = device.unlink(folder.format)
            let file = try OpenFile(folder.format, .create, on: device)
            try file.write(Array(line.utf8), at: 0)
            try file.sync()
        } catch {
            guard case .system(let code) = error else { return }
            throw DiskError(kind: .system, path: folder.format, errno: code, action: "write")
        }
        Folder.sync(folder.path)
    }
}
