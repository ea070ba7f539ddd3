/// Which settings go with which conditions.
extension Checks {
    private static let ofRequests = ["strip_cookies", "query", "request_headers"]
    private static let ofResponses = [
        "cache", "ttl", "force", "stale_while_revalidate", "stale_if_error", "tags", "write", "promote",
        "response_headers",
    ]

    mutating func checkRule(_ rule: Setting) {
        guard !rule.isBroken else { return }
        let match = rule["match"]
        func names(_ conditions: [String]) -> Bool {
            conditions.contains { !match[$0].items.isEmpty || !match[$0].members.isEmpty }
        }
        let (ofRequest, ofResponse) = (names(["method", "header", "cookie"]), names(["content_type", "status"]))
        if !ofRequest, !ofResponse, match["path"].items.isEmpty {
            note(match, "names no condition; for every request write path: \"*\"")
        }
        let used = (Self.ofRequests + ["partition"] + Self.ofResponses).filter { rule[$0].isPresent }
        if used.isEmpty { note(rule, "the rule sets nothing; give it cache, ttl or strip_cookies") }
        checkUse(rule, used)
        for name in used where ofResponse && Self.ofRequests.contains(name) {
            note(
                rule[name],
                """
                the request is sent before content_type and status are known; with them go only \
                \(Self.ofResponses.joined(separator: ", "))
                """)
        }
        if rule["partition"].isPresent, ofResponse || names(["method"]) {
            note(
                rule["partition"],
                "goes only with path, header and cookie: it says where to look before the origin is asked, whatever the method"
            )
        }
        guard ofRequest else { return }
        if rule["query"].isPresent {
            note(rule["query"], "goes only with path: a URL has one key, whoever asks for it and how")
        }
        for name in ["tags", "response_headers"] where rule[name].isPresent {
            note(
                rule[name],
                "what is stored is for all requests; in match it goes only with path, content_type and status")
        }
    }

    /// What a rule says of a tier that is not there could never come true. That it gets nothing is true already.
    mutating func checkTiersOfRules(_ root: Setting) {
        let tiers = root["tiers"]
        guard !tiers.isBroken else { return }
        for rule in root["sites"].items.flatMap({ $0["rules"].items }) {
            for (key, nothing) in [("write", "off"), ("promote", "never")] {
                for tier in ["memory", "redis", "disk"] where !tiers[tier].isPresent {
                    let setting = rule[key][tier]
                    guard setting.isPresent, setting.text != nothing else { continue }
                    note(setting, "there is no tiers.\(tier)")
                }
            }
        }
    }

    private mutating func checkUse(_ rule: Setting, _ used: [String]) {
        if rule["cache"].flag == false {
            for name in ["ttl", "stale_while_revalidate", "stale_if_error"] where used.contains(name) {
                note(rule[name], "has no use in a rule with cache: false")
            }
        } else if used.contains("force"), !used.contains("ttl") {
            note(rule["force"], "has no use in a rule without ttl")
        }
        for name in ["request_headers", "response_headers"] where used.contains(name) {
            let (set, remove) = (rule[name]["set"], rule[name]["remove"])
            if set.members.isEmpty, remove.items.isEmpty { note(rule[name], "names no field; give it set or remove") }
            for item in remove.items {
                let isSet = set.members.contains { $0.name.lowercased() == item.text?.lowercased() }
                if isSet { note(item, "\(item.shown) is set by the same rule") }
            }
        }
    }
}
