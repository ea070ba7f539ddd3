import CacheModel
import Engine
import Foundation
import HTTPMessage
import Synchronization
import Telemetry
import TestSupport
import Testing

/// One answered request, owning its bytes.
struct Sample: Sendable, CustomTestStringConvertible {
    var name = "a request"
    var client = Array("127.0.0.1".utf8)
    var requestLine = Array("GET / HTTP/1.1".utf8)
    var host = Array("example.com".utf8)
    var status = 200
    var bodyBytes = 1024
    var referer: [UInt8] = []
    var userAgent: [UInt8] = []
    var result = CacheResult.hit
    var tier: TierName? = .memory
    var now = Timestamp(seconds: 1_795_262_400)
    var microseconds: Int64 = 100

    var testDescription: String { name }

    func record(in log: LoopTelemetry) {
        client.withUnsafeBytes { client in
            requestLine.withUnsafeBytes { requestLine in
                referer.withUnsafeBytes { referer in
                    userAgent.withUnsafeBytes { userAgent in
                        host.withUnsafeBytes { host in
                            log.record(
                                RequestRecord(
                                    client: client, requestLine: requestLine, host: host, status: status,
                                    bodyBytes: bodyBytes, referer: referer, userAgent: userAgent, result: result,
                                    tier: tier, now: now, durationMicroseconds: microseconds))
                        }
                    }
                }
            }
        }
    }

    /// The bytes that the samples make in a file.
    static func written(_ samples: [Sample], isJSON: Bool = false) throws -> [UInt8] {
        let folder = try TemporaryFolder()
        let writer = try AccessLogWriter(path: folder.path("access.log"))
        let telemetry = Telemetry(loops: 1, accessLog: writer, isJSON: isJSON)
        for sample in samples { sample.record(in: telemetry.logs[0]) }
        telemetry.logs[0].flush()
        guard writer.close() else { throw TestFailure("the writer did not end") }
        return Array(try Data(contentsOf: URL(fileURLWithPath: folder.path("access.log"))))
    }
}

/// Tells when so many have counted.
final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) { left = Atomic(count) }

    func count() { left.subtract(1, ordering: .releasing) }
    var isDone: Bool { left.load(ordering: .acquiring) <= 0 }
}
