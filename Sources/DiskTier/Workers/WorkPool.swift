internal import CacheModel

/// A few threads that do blocking work in the order it came, from a queue that is bounded by the sum of the costs.
/// Any thread may call it. The threads end when the pool is closed or dropped.
package final class WorkPool: Sendable {
    private struct Job {
        var cost: Int
        var work: @Sendable () -> Void
    }

    private struct Queue {
        /// A ring would save nothing: `jobs` is emptied whenever `next` reaches its end.
        var jobs: [Job?] = []
        var next = 0
        var cost = 0
        var closed = false

        mutating func take() -> Job? {
            guard next < jobs.count, let job = jobs[next] else { return nil }
            jobs[next] = nil
            next += 1
            if next == jobs.count {
                jobs.removeAll(keepingCapacity: jobs.capacity <= 1_024)
                next = 0
            } else if next >= 1_024, next * 2 >= jobs.count {
                jobs.removeFirst(next)
                next = 0
            }
            cost -= job.cost
            return job
        }
    }

    private let queue = Monitor(Queue())
    private let limit: Int

    /// - Parameter limit: what the costs of waiting jobs may sum up to; one job always fits in an empty queue.
    package init(threads: Int, limit: Int) {
        self.limit = limit
        let queue = queue
        for _ in 0..<max(1, threads) {
            guard DetachedThread.start({ Self.serve(queue) }) else { break }
        }
    }

    deinit { close() }

    /// Queues the work. False, and the work dropped, when the queue is full or closed.
    package func submit(cost: Int = 1, _ work: @escaping @Sendable () -> Void) -> Bool {
        queue.change(wakeAll: false) { queue in
            guard !queue.closed, queue.cost + cost <= limit || queue.cost == 0 else { return false }
            queue.jobs.append(Job(cost: cost, work: work))
            queue.cost += cost
            return true
        }
    }

    /// Queues the work whatever is queued already: for the next step of what was let in before. False when closed.
    package func submitAlways(_ work: @escaping @Sendable () -> Void) -> Bool {
        queue.change(wakeAll: false) { queue in
            guard !queue.closed else { return false }
            queue.jobs.append(Job(cost: 0, work: work))
            return true
        }
    }

    /// Costs of what waits.
    package var queued: Int { queue.withLock { $0.cost } }

    /// Takes no more work, drops what waits, and lets what runs finish. Idempotent.
    package func close() {
        let dropped = queue.change { queue -> [Job?] in
            queue.closed = true
            defer { queue.jobs = [] }
            queue.next = 0
            queue.cost = 0
            return queue.jobs
        }
        // The closures die outside the lock: what they hold may call back in.
        _ = dropped
    }

    private static func serve(_ queue: Monitor<Queue>) {
        while true {
            let job = queue.wait { queue -> Job?? in
                if let job = queue.take() { return .some(job) }
                return queue.closed ? .some(nil) : nil
            }
            guard let job = job ?? nil else { return }
            job.work()
        }
    }
}
