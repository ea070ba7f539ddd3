internal import CPlatform
internal import Glibc
package import Logging

/// Disk tiers of partitions, each in a folder of its own below the folder of the default one: `partitions/NAME`.
package enum PartitionFolders {
    /// - Parameter path: of the default partition's tier.
    package static func path(of name: String, below path: String) -> String { "\(path)/partitions/\(name)" }

    /// Removes the folders of partitions that are none any more: nothing would bound or read what is in them. Whoever
    /// calls it has the folder at `path` locked. Only files that a disk tier makes are removed, and what can't be is told
    /// and left. Blocks.
    package static func drop(below path: String, except names: Set<String>, logger: Logger) {
        let above = path + "/partitions"
        for name in (try? Folder(path: above).names(above)) ?? [] where !names.contains(name) {
            let folder = Folder(path: "\(above)/\(name)")
            guard isOurs(folder) else { continue }
            let facts: Logger.Metadata = ["partition": "\(name)", "path": "\(folder.path)"]
            do throws(DiskError) {
                let files = try remove(folder)
                logger.notice(
                    "no partition of that name has a share of the disk any more, its files were dropped",
                    metadata: facts.merging(["files": "\(files)"]) { one, _ in one })
            } catch {
                logger.warning(
                    "no partition of that name has a share of the disk any more, and its files could not be dropped",
                    metadata: facts.merging(["error": "\(error)"]) { one, _ in one })
            }
        }
        _ = rmdir(above)
    }

    /// Whether a disk tier was at work there.
    private static func isOurs(_ folder: Folder) -> Bool {
        if case .none = FormatFile.read(folder, on: SystemDevice()) { return false }
        return true
    }

    private static func remove(_ folder: Folder) throws(DiskError) -> Int {
        let lock = try FolderLock(folder)
        var files = 0
        func remove(_ path: String) { files += unlink(path) == 0 ? 1 : 0 }
        for number in try folder.segmentNumbers() { remove(folder.segment(number)) }
        for number in try folder.bodyNumbers() { remove(folder.body(number)) }
        for file in [folder.index, folder.newIndex] { remove(file) }
        for inner in [folder.segments, folder.bodies] { _ = rmdir(inner) }
        // Last: while it is there, a start that is cut off here is followed by one that goes on.
        remove(folder.format)
        remove(folder.lock)
        _ = rmdir(folder.path)
        withExtendedLifetime(lock) {}
        return files
    }
}
