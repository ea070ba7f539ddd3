import RedisTier
import Testing

/// One row a (state, event): what comes out, and the state after it.
@Suite struct ConnectionMachineTests {
    typealias Machine = ConnectionMachine<String>

    static let limits = ConnectionLimits(maxOperations: 3, maxBytes: 100, maxLate: 1, maxOverdue: 1000)

    enum Start: String, Sendable, CaseIterable { case connecting, authenticating, ready, busy, late, draining, failed }

    /// busy: a and b are in flight until 50 and 60; late: the time of a is up; draining: a is in flight.
    static func machine(_ start: Start) -> Machine {
        var machine = Machine(limits: limits)
        switch start {
        case .connecting: return machine
        case .failed:
            _ = machine.fail()
            return machine
        case .authenticating:
            _ = machine.connected(steps: 2)
            return machine
        case .ready, .busy, .late, .draining: break
        }
        _ = machine.connected(steps: 1)
        _ = machine.received(error: nil)
        if start == .ready { return machine }
        _ = machine.submit("a", bytes: 10, deadline: 50)
        if start == .draining {
            _ = machine.drain()
            return machine
        }
        _ = machine.submit("b", bytes: 10, deadline: 60)
        if start == .late { _ = machine.expire(now: 55) }
        return machine
    }

    enum Event: String, Sendable, CaseIterable {
        case connected, submit, submitAgain, reply, error, expire, overdue, drain, fail
    }

    static func perform(_ event: Event, on machine: inout Machine) -> String {
        switch event {
        case .connected: "\(machine.connected(steps: 2))"
        case .submit: text(machine.submit("new", bytes: 10, deadline: 100))
        case .submitAgain: text(machine.submit("again", bytes: 1000, deadline: 100, again: true))
        case .reply: text(machine.received(error: nil))
        case .error: text(machine.received(error: "ERR"))
        case .expire: text(machine.expire(now: 60))
        case .overdue: text(machine.expire(now: 1050))
        case .drain: "\(machine.drain())"
        case .fail: "\(machine.fail())"
        }
    }

    static func text(_ action: Machine.SubmitAction) -> String {
        switch action {
        case .send: "send"
        case .refuse(let operation, let refusal): "refuse \(operation): \(refusal)"
        }
    }

    static func text(_ action: Machine.ReceivedAction) -> String {
        switch action {
        case .wait: "wait"
        case .ready: "ready"
        case .complete(let operation): "complete \(operation)"
        case .discard: "discard"
        case .close(let fault): "close: \(fault.text)"
        }
    }

    static func text(_ expired: Machine.Expired) -> String { "\(expired.operations) \(expired.fault?.text ?? "-")" }

    static let unasked = "close: a reply that nothing asked for"

    static let rows: [(Start, Event, String, String)] = [
        (.connecting, .connected, "sendHandshake", "authenticating(2)"),
        (.connecting, .submit, "refuse new: disconnected", "connecting"),
        (.connecting, .submitAgain, "refuse again: disconnected", "connecting"),
        (.connecting, .reply, unasked, "failed"),
        (.connecting, .error, unasked, "failed"),
        (.connecting, .expire, "[] -", "connecting"),
        (.connecting, .overdue, "[] -", "connecting"),
        (.connecting, .drain, "close", "failed"),
        (.connecting, .fail, "[]", "failed"),

        (.authenticating, .connected, "close", "authenticating(2)"),
        (.authenticating, .submit, "refuse new: disconnected", "authenticating(2)"),
        (.authenticating, .submitAgain, "refuse again: disconnected", "authenticating(2)"),
        (.authenticating, .reply, "wait", "authenticating(1)"),
        (.authenticating, .error, "close: ERR", "failed"),
        (.authenticating, .expire, "[] -", "authenticating(2)"),
        (.authenticating, .overdue, "[] -", "authenticating(2)"),
        (.authenticating, .drain, "close", "failed"),
        (.authenticating, .fail, "[]", "failed"),

        (.ready, .connected, "close", "ready(0, late 0)"),
        (.ready, .submit, "send", "ready(1, late 0)"),
        (.ready, .submitAgain, "send", "ready(1, late 0)"),
        (.ready, .reply, unasked, "failed"),
        (.ready, .error, unasked, "failed"),
        (.ready, .expire, "[] -", "ready(0, late 0)"),
        (.ready, .overdue, "[] -", "ready(0, late 0)"),
        (.ready, .drain, "close", "failed"),
        (.ready, .fail, "[]", "failed"),

        (.busy, .connected, "close", "ready(2, late 0)"),
        (.busy, .submit, "send", "ready(3, late 0)"),
        (.busy, .submitAgain, "send", "ready(3, late 0)"),
        (.busy, .reply, "complete a", "ready(1, late 0)"),
        (.busy, .error, "complete a", "ready(1, late 0)"),
        (.busy, .expire, #"["a", "b"] too many late replies"#, "ready(2, late 2)"),
        (.busy, .overdue, #"["a", "b"] a reply is overdue"#, "ready(2, late 2)"),
        (.busy, .drain, "wait", "draining(2, late 0)"),
        (.busy, .fail, #"["a", "b"]"#, "failed"),

        (.late, .connected, "close", "ready(2, late 1)"),
        (.late, .submit, "send", "ready(3, late 1)"),
        (.late, .submitAgain, "send", "ready(3, late 1)"),
        (.late, .reply, "discard", "ready(1, late 0)"),
        (.late, .error, "discard", "ready(1, late 0)"),
        (.late, .expire, #"["b"] too many late replies"#, "ready(2, late 2)"),
        (.late, .overdue, #"["b"] a reply is overdue"#, "ready(2, late 2)"),
        (.late, .drain, "wait", "draining(2, late 1)"),
        (.late, .fail, #"["b"]"#, "failed"),

        (.draining, .connected, "close", "draining(1, late 0)"),
        (.draining, .submit, "refuse new: draining", "draining(1, late 0)"),
        (.draining, .submitAgain, "send", "draining(2, late 0)"),
        (.draining, .reply, "complete a", "draining(0, late 0)"),
        (.draining, .error, "complete a", "draining(0, late 0)"),
        (.draining, .expire, #"["a"] -"#, "draining(1, late 1)"),
        (.draining, .overdue, #"["a"] a reply is overdue"#, "draining(1, late 1)"),
        (.draining, .drain, "wait", "draining(1, late 0)"),
        (.draining, .fail, #"["a"]"#, "failed"),

        (.failed, .connected, "close", "failed"),
        (.failed, .submit, "refuse new: disconnected", "failed"),
        (.failed, .submitAgain, "refuse again: disconnected", "failed"),
        (.failed, .reply, "discard", "failed"),
        (.failed, .error, "discard", "failed"),
        (.failed, .expire, "[] -", "failed"),
        (.failed, .overdue, "[] -", "failed"),
        (.failed, .drain, "close", "failed"),
        (.failed, .fail, "[]", "failed"),
    ]

    @Test("each event in each state", arguments: rows)
    func transition(start: Start, event: Event, action: String, state: String) {
        var machine = Self.machine(start)
        #expect(Self.perform(event, on: &machine) == action)
        let after = machine.description
        #expect(after == state)
    }

    @Test("the table has every pair")
    func complete() { #expect(Self.rows.count == Start.allCases.count * Event.allCases.count) }

    @Test("a draining connection is done when the last reply has come, a second command's included")
    func drained() {
        var machine = Self.machine(.draining)
        #expect(Self.text(machine.received(error: "NOSCRIPT")) == "complete a")
        #expect(Self.text(machine.submit("a", bytes: 1, deadline: 50, again: true)) == "send")
        #expect(machine.drain() == .wait)
        #expect(Self.text(machine.received(error: nil)) == "complete a")
        #expect(machine.drain() == .close)
        let state = machine.description
        #expect(state == "failed")
    }

    @Test("the queue is bounded in operations and in bytes, and takes one of any size when empty")
    func bounds() {
        var machine = Self.machine(.ready)
        #expect(Self.text(machine.submit("huge", bytes: 1000, deadline: 9)) == "send")
        #expect(Self.text(machine.submit("x", bytes: 1, deadline: 9)) == "refuse x: queueFull")
        _ = machine.received(error: nil)
        for name in ["a", "b", "c"] { #expect(Self.text(machine.submit(name, bytes: 20, deadline: 9)) == "send") }
        #expect(Self.text(machine.submit("d", bytes: 1, deadline: 9)) == "refuse d: queueFull")
        _ = machine.received(error: nil)
        #expect(Self.text(machine.submit("e", bytes: 61, deadline: 9)) == "refuse e: queueFull")
        #expect(Self.text(machine.submit("f", bytes: 60, deadline: 9)) == "send")
    }

    @Test("an operation with less time than those before it (a script sent again) runs out at its own deadline")
    func unordered() {
        var machine = Self.machine(.ready)
        _ = machine.submit("a", bytes: 1, deadline: 100)
        _ = machine.submit("retry", bytes: 1, deadline: 40)
        _ = machine.submit("c", bytes: 1, deadline: 110)
        let first = machine.nextDeadline
        #expect(first == 40)
        #expect(Self.text(machine.expire(now: 40)) == #"["retry"] -"#)
        let second = machine.nextDeadline
        #expect(second == 100)
        #expect(Self.text(machine.received(error: nil)) == "complete a")
        #expect(Self.text(machine.received(error: nil)) == "discard")
        #expect(Self.text(machine.received(error: nil)) == "complete c")
        let none = machine.nextDeadline
        #expect(none == nil)
    }

    @Test("a lone late reply makes the connection overdue when its second is over")
    func overdue() {
        var machine = Self.machine(.ready)
        _ = machine.submit("a", bytes: 1, deadline: 50)
        #expect(Self.text(machine.expire(now: 49)) == "[] -")
        #expect(Self.text(machine.expire(now: 50)) == #"["a"] -"#)
        let next = machine.nextDeadline
        #expect(next == 1050)
        #expect(Self.text(machine.expire(now: 1049)) == "[] -")
        #expect(Self.text(machine.expire(now: 1050)) == "[] a reply is overdue")
    }
}
