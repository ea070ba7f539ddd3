import Foundation
import Synchronization

/// A folder that is removed when the process ends: tiers of a test may work in it beyond the test's last look.
final class TemporaryFolder: Sendable {
    private static let made = Mutex<[String]>([])
    private static let removal: Void = {
        atexit {
            for path in TemporaryFolder.made.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
        }
    }()

    let path: String

    init() {
        path = NSTemporaryDirectory() + "/strata-disk-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        Self.removal
        let path = path
        Self.made.withLock { $0.append(path) }
    }

    /// A copy of the folder as it is now: what `kill -9` would leave.
    func copy() -> TemporaryFolder {
        let copy = TemporaryFolder()
        try! FileManager.default.removeItem(atPath: copy.path)
        try! FileManager.default.copyItem(atPath: path, toPath: copy.path)
        return copy
    }

    /// Paths of all files below, those of the lock aside.
    func files(under folder: String = "") -> [String] {
        let root = folder.isEmpty ? path : path + "/" + folder
        let names = (FileManager.default.enumerator(atPath: root)?.allObjects as? [String]) ?? []
        return names.map { root + "/" + $0 }.filter { Self.size(of: $0) != nil }.sorted()
    }

    /// Bytes in all files.
    var bytes: Int { files().reduce(0) { $0 + (Self.size(of: $1) ?? 0) } }

    /// Nil for a folder and for a file that is gone meanwhile.
    static func size(of path: String) -> Int? {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular
        else { return nil }
        return attributes[.size] as? Int
    }

    static func read(_ path: String) -> [UInt8] { Array(FileManager.default.contents(atPath: path) ?? Data()) }

    static func write(_ bytes: [UInt8], to path: String) {
        try! Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
