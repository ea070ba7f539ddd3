internal import CacheModel
internal import NIOCore

/// One purge of the public listener on its way: the answer goes to the client if it is still there.
final class PurgeRequest: RequestTask, @unchecked Sendable {
    // Safe because everything mutable is touched on the client's loop only.

    private var client: (any ClientStream)?

    init(client: any ClientStream) { self.client = client }

    /// On the client's loop.
    func answer(_ answer: PurgeAnswer) {
        guard let client else { return }
        self.client = nil
        let synthetic = answer.synthetic
        client.sendHead(synthetic.head(isHead: false))
        _ = client.sendBody(synthetic.body)
        client.finish()
    }

    func clientCanTakeMore() {}
    func clientBody(_ bytes: ByteBuffer) {}
    func clientBodyEnded() {}
    func clientGone() { client = nil }
}

extension PurgeAnswer {
    /// For a client of the public listener.
    var synthetic: SyntheticAnswer {
        SyntheticAnswer(status: status, text: error, json: json, result: isPurged ? .purge : .synthetic)
    }
}
