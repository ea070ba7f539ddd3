import CacheModel

/// Events on their way to the loops, collected during one wake-up of the curl thread. It belongs to that thread.
struct EventBatches {
    private struct Item: Sendable {
        let transfer: CurlTransfer
        let event: TransferEvent
    }

    private struct Batch {
        let loop: any EngineLoop
        var items: [Item]
    }

    /// By `EngineLoop.index`.
    private var batches: [Batch?] = []
    private var waiting: [Int] = []

    mutating func add(_ event: TransferEvent, for transfer: CurlTransfer) {
        let loop = transfer.loop
        let index = loop.index
        while batches.count <= index { batches.append(nil) }
        if let batch = batches[index], batch.loop !== loop {
            // Loops of two groups under one number: keep their events apart.
            send(index)
            batches[index] = nil
        }
        if batches[index] == nil { batches[index] = Batch(loop: loop, items: []) }
        if batches[index]!.items.isEmpty { waiting.append(index) }
        batches[index]!.items.append(Item(transfer: transfer, event: event))
    }

    /// Hands every loop its events, one piece of work a loop.
    mutating func flush() {
        for index in waiting { send(index) }
        waiting.removeAll(keepingCapacity: true)
    }

    private mutating func send(_ index: Int) {
        guard let batch = batches[index], !batch.items.isEmpty else { return }
        batches[index]!.items = []
        let items = batch.items
        batch.loop.execute {
            for item in items { item.transfer.deliver(item.event) }
        }
    }
}
