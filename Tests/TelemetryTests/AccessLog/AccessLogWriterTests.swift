import Engine
import Foundation
import Telemetry
import TestSupport
import Testing

@Suite("The access log's writer")
struct AccessLogWriterTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func lines(_ name: String) throws -> [Substring] {
        let text = try folder.read(name)
        #expect(text.isEmpty || text.hasSuffix("\n"), "\(name) ends inside a line")
        return text.split(separator: "\n")
    }

    @Test("A flushed line is in the file before the writer is closed")
    func flush() async throws {
        let writer = try AccessLogWriter(path: folder.path("log"))
        defer { writer.close() }
        let log = Telemetry(loops: 1, accessLog: writer).logs[0]
        Sample().record(in: log)
        log.flush()
        #expect(try await eventually { try lines("log").count == 1 })
    }

    @Test("A full buffer goes out without a flush")
    func fullBuffer() async throws {
        let writer = try AccessLogWriter(path: folder.path("log"))
        defer { writer.close() }
        let log = Telemetry(loops: 1, accessLog: writer).logs[0]
        for _ in 0..<2000 { Sample().record(in: log) }
        // A reader may come in the middle of a write: whole lines are counted.
        #expect(try await eventually { try folder.read("log").filter { $0 == "\n" }.count > 500 })
    }

    @Test("The file is made for owner and group only, and appended to")
    func file() throws {
        try folder.write("before\n", to: "old")
        for name in ["old", "new"] {
            let writer = try AccessLogWriter(path: folder.path(name))
            let log = Telemetry(loops: 1, accessLog: writer).logs[0]
            Sample().record(in: log)
            log.flush()
            #expect(writer.close())
        }
        #expect(try lines("old").first == "before")
        #expect(try lines("old").count == 2)
        let mode = try FileManager.default.attributesOfItem(atPath: folder.path("new"))[.posixPermissions] as? Int
        #expect(mode.map { $0 & 0o137 } == 0)
    }

    @Test("A path that can't be opened is an error that names it")
    func cannotOpen() throws {
        let error = #expect(throws: AccessLogError.self) { try AccessLogWriter(path: folder.path("no/log")) }
        #expect(error?.code == ENOENT)
        #expect(error?.description.contains(folder.path("no/log")) == true)
    }

    @Test("Rotation while four loops write loses no line and splits none")
    func rotation() async throws {
        let writer = try AccessLogWriter(path: folder.path("log"))
        let telemetry = Telemetry(loops: 4, accessLog: writer)
        let left = Countdown(4)
        let count = 20_000
        let work = telemetry.logs.enumerated().map { loop, log in
            Task {
                try await onThread {
                    for number in 0..<count {
                        Sample(userAgent: Array("\(loop):\(number)".utf8)).record(in: log)
                        if number % 50 == 0 { log.flush() }
                        // Lets the writer keep up: what is dropped is another test's matter.
                        if number % 500 == 0 { usleep(200) }
                    }
                    log.flush()
                    left.count()
                }
            }
        }
        var rotations = 0
        while !left.isDone {
            rename(folder.path("log"), folder.path("log.\(rotations)"))
            writer.reopen()
            rotations += 1
            // logrotate, too, waits for the new file.
            _ = await eventually(every: .milliseconds(1)) { access(folder.path("log"), F_OK) == 0 }
        }
        for task in work { try await task.value }
        #expect(writer.close())
        #expect(writer.statistics == AccessLogStatistics())
        let all = try folder.files.flatMap(lines)
        let expected = Set((0..<4).flatMap { loop in (0..<count).map { "\(loop):\($0)" } })
        #expect(all.allSatisfy { $0.hasPrefix("127.0.0.1 - - [") && $0.hasSuffix("\" hit memory") })
        #expect(all.count == expected.count)
        #expect(Set(all.map { String($0.split(separator: "\"").dropLast().last ?? "") }) == expected)
        #expect(rotations > 2)
    }

    @Test("A pipe that nobody reads costs lines, counted, and never stops a loop")
    func blockedPipe() async throws {
        let path = folder.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let writer = try AccessLogWriter(path: path)
        let log = Telemetry(loops: 1, accessLog: writer).logs[0]
        // 8 KB a line: 16 MB wait in the queue, some more in the pipe and in two buffers.
        let sample = Sample(requestLine: [UInt8](repeating: 0x61, count: 8000))
        let count = 4000
        for _ in 0..<count {
            sample.record(in: log)
            log.flush()
        }
        let dropped = writer.statistics.droppedLines
        #expect(dropped > 1000)
        #expect(dropped < 2500)
        // Whoever comes to read gets the rest, line by line.
        let text = try await withThrowingTaskGroup(of: [UInt8].self) { tasks in
            tasks.addTask { try await onThread { Self.readToEnd(reader) } }
            tasks.addTask { try await onThread { writer.close() ? [] : [0] } }
            return try await tasks.reduce([], +)
        }
        let lines = text.split(separator: 0x0a)
        #expect(UInt64(lines.count) + dropped == UInt64(count))
        #expect(Set(lines.map(\.count)).count == 1)
    }

    /// All bytes until no writer is left.
    private static func readToEnd(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, 10_000)
            let count = read(descriptor, &piece, piece.count)
            if count <= 0 { return bytes }
            bytes += piece[..<count]
        }
    }

    @Test("Closing does not wait for ever for a pipe that nobody reads")
    func closeBlocked() async throws {
        let path = folder.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let reader = open(path, O_RDONLY | O_NONBLOCK)
        let writer = try AccessLogWriter(path: path)
        let log = Telemetry(loops: 1, accessLog: writer).logs[0]
        for _ in 0..<200 { Sample(requestLine: [UInt8](repeating: 0x61, count: 8000)).record(in: log) }
        log.flush()
        #expect(try await onThread { writer.close(withinMilliseconds: 50) } == false)
        // A late line is counted as lost.
        let before = writer.statistics.droppedLines
        Sample().record(in: log)
        log.flush()
        #expect(writer.statistics.droppedLines == before + 1)
        // The thread ends when the pipe does: it gets its bytes read.
        _ = try await onThread { Self.readToEnd(reader) }
        close(reader)
    }

    @Test("A FIFO without a reader is an error at the start, not a hanging start")
    func readerlessPipe() {
        #expect(mkfifo(folder.path("pipe"), 0o600) == 0)
        let error = #expect(throws: AccessLogError.self) { try AccessLogWriter(path: folder.path("pipe")) }
        #expect(error?.code == ENXIO)
    }

    @Test("A full disk is counted and tried again; after a reopen every line is there")
    func fullDisk() async throws {
        symlink("/dev/full", folder.path("log"))
        let writer = try AccessLogWriter(path: folder.path("log"))
        let log = Telemetry(loops: 1, accessLog: writer).logs[0]
        for _ in 0..<100 { Sample().record(in: log) }
        log.flush()
        #expect(await eventually { writer.statistics.failedWrites > 0 })
        unlink(folder.path("log"))
        writer.reopen()
        #expect(await eventually { (try? lines("log").count) == 100 })
        #expect(writer.close())
        #expect(writer.statistics.droppedLines == 0)
    }

    @Test("What can't be written at the end is counted as lost")
    func fullDiskAtEnd() async throws {
        symlink("/dev/full", folder.path("log"))
        let writer = try AccessLogWriter(path: folder.path("log"))
        let log = Telemetry(loops: 1, accessLog: writer).logs[0]
        for _ in 0..<100 { Sample().record(in: log) }
        log.flush()
        #expect(writer.close())
        #expect(writer.statistics.droppedLines == 100)
    }

    @Test("A reopen that fails keeps the old file")
    func reopenFails() async throws {
        let path = folder.path("sub/log")
        try folder.write("", to: "sub/log")
        let writer = try AccessLogWriter(path: path)
        let log = Telemetry(loops: 1, accessLog: writer).logs[0]
        rename(folder.path("sub"), folder.path("moved"))
        writer.reopen()
        #expect(await eventually { writer.statistics.failedWrites == 1 })
        Sample().record(in: log)
        log.flush()
        #expect(writer.close())
        #expect(try lines("moved/log").count == 1)
    }
}
