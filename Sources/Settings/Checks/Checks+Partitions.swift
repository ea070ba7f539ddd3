/// Whether the shares of partitions fit into their tiers, and whether those that are named are there.
extension Checks {
    /// As many as a process has threads and folders for: each has a disk tier of its own.
    private static let mostPartitions = 32
    /// What has to be left for the default one.
    private static let smallestShare = 1 << 20

    mutating func checkPartitions(_ root: Setting, _ commandLine: CommandLineSettings) {
        let partitions = root["partitions"]
        if partitions.members.count > Self.mostPartitions {
            note(
                partitions, "\(partitions.members.count) partitions; this version takes at most \(Self.mostPartitions)")
        }
        for (name, partition) in partitions.members { checkName(name, partition) }
        for tier in ["memory", "disk"] { checkShares(of: tier, partitions, root["tiers"][tier]) }
        if !root["tiers"]["redis"].isPresent, !root["tiers"].isBroken {
            for (_, partition) in partitions.members where partition["redis"].isGiven {
                note(partition["redis"], "there is no tiers.redis")
            }
        }
        // Misspelt, any name is missing.
        guard !partitions.isBroken else { return }
        let names = partitions.members.map(\.name)
        for site in root["sites"].items {
            checkPartition(site["partition"], names)
            for rule in site["rules"].items { checkPartition(rule["partition"], names) }
        }
        for token in root["purge"]["tokens"].items {
            for name in token["partitions"].items { checkPartition(name, names) }
        }
    }

    private mutating func checkName(_ name: String, _ partition: Setting) {
        if name == "default" {
            note(partition, "\"default\" is what the others leave of the tiers; give this one another name")
        } else if (try? ScalarKind.partitionName.read(name)) == nil {
            note(partition, "not a partition's name; \(ScalarKind.partitionName.form)")
        }
    }

    private mutating func checkShares(of name: String, _ partitions: Setting, _ tier: Setting) {
        guard !tier.isBroken else { return }
        var left = tier["size"].number
        for (_, partition) in partitions.members where !partition.isBroken {
            let share = partition[name]
            guard tier.isPresent else {
                if share.isGiven { note(share, "there is no tiers.\(name)") }
                continue
            }
            guard share.isPresent else {
                note(partition, "\(name) is missing; give it a share of tiers.\(name).size, or off")
                continue
            }
            guard let bytes = share.number, let before = left, let size = tier["size"].number else { continue }
            guard before - bytes >= Self.smallestShare else {
                note(
                    share,
                    """
                    \(share.shown) is more than is left of tiers.\(name).size (\(Units.size(size))); what is in no \
                    partition needs at least \(Units.size(Self.smallestShare))
                    """)
                return
            }
            left = before - bytes
        }
        let object = tier["max_object"]
        if let left, let size = tier["size"].number, left < size, let number = object.number, number <= size / 2,
            number > left / 2
        {
            note(
                object,
                "\(object.shown) is above half of what partitions leave of tiers.\(name).size (\(Units.size(left)))")
        }
    }

    private mutating func checkPartition(_ setting: Setting, _ names: [String]) {
        guard let name = setting.text, name != "default", !names.contains(name) else { return }
        let hint =
            Nearest.suggestion(name, in: names)
            ?? (names.isEmpty ? "; there are no partitions" : "; known: \(names.joined(separator: ", "))")
        note(setting, "no partition is named \(setting.shown)\(hint)")
    }
}
