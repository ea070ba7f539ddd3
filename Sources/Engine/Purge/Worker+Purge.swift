internal import CacheModel
internal import HTTPMessage
internal import Logging

extension Worker {
    /// A `PURGE` on the public listener.
    func beginPurge(
        _ head: borrowing RequestHead, from address: ClientAddress, client: any ClientStream
    ) -> any RequestTask {
        let permission = PurgePermission(allow: engine.policy.purgeAllow, tokens: engine.policy.purgeTokens)
        if case .refused(let reason) = permission.check(head.fields, from: address) {
            engine.logger.notice(
                "a purge was refused",
                metadata: ["client": "\(String(decoding: address.text, as: UTF8.self))", "reason": "\(reason)"])
            return refuse(SyntheticAnswer(status: 403, text: reason), head, client)
        }
        let order = PurgeOrder(
            fields: head.fields, host: Array(target.bytes[target.host]), path: Array(target.bytes[target.path]),
            query: target.query.map { Array(target.bytes[$0]) }, rules: queryRules)
        guard let order else {
            if let line = head.fields.first(.purgeWait), PurgeWait.milliseconds(head.fields.value(line)) == nil {
                return refuse(
                    SyntheticAnswer(status: 400, text: "Purge-Wait is no duration: 2s, 500ms or 1m"), head, client)
            }
            return refuse(
                SyntheticAnswer(status: 400, text: "the field that says which tags to purge names none"), head, client)
        }
        let task = PurgeRequest(order, engine: engine, loop: loop, client: client)
        task.begin()
        return task
    }
}
