import Testing

@Suite("Mistakes: partitions")
struct PartitionMistakesTests {
    @Test("shares that don't fit, names that are none, and places where none goes", arguments: MistakeTable.rows(table))
    func mistakes(_ row: MistakeTable.Row) {
        #expect(Samples.mistakes(row.yaml) == row.messages)
    }

    private static let table = #"""
        partitions: { Shop: { memory: 1MB } }
        …
        => 1:21: partitions.Shop: not a partition's name; write up to 64 lower-case letters, digits, "_" and "-", as "shop"

        partitions: { default: { memory: 1MB } }
        …
        => 1:24: partitions.default: "default" is what the others leave of the tiers; give this one another name

        partitions: { shop: {} }
        …
        => 1:21: partitions.shop: memory is missing; give it a share of tiers.memory.size, or off

        partitions: { shop: { memory: off, disk: 1GB, redis: false } }
        …
        => 1:42: partitions.shop.disk: there is no tiers.disk
        => 1:54: partitions.shop.redis: there is no tiers.redis

        partitions: { shop: { memory: 100MB }, blog: { memory: 156MB } }
        …
        => 1:56: partitions.blog.memory: "156MB" is more than is left of tiers.memory.size (256MB); what is in no \#
        partition needs at least 1MB

        tiers: { disk: { path: d, size: 1GB, max_object: 300MB } }
        partitions: { shop: { disk: 512MB } }
        …
        => 1:50: tiers.disk.max_object: "300MB" is above half of what partitions leave of tiers.disk.size (512MB)

        partitions: { shop: { memory: 10% } }
        …
        => 1:31: partitions.shop.memory: "10%" is not "off" or a size; write a whole number with B, KB, MB, GB or TB, as 256MB

        partitions: { shop: { memory: 1MB } }
        purge: { tokens: [{ token: t, partitions: [shop, default, sho] }, { token: u }] }
        …
        => 2:59: purge.tokens[0].partitions[2]: no partition is named "sho"; did you mean "shop"?
        => 2:67: purge.tokens[1]: hosts or partitions are missing; a token for everything stands alone, without keys

        partitions: { shop: { memory: 1MB } }
        sites: [{ hosts: a, origin: "http://h", partition: zzz }]
        => 2:52: sites[0].partition: no partition is named "zzz"; known: shop

        sites: [{ hosts: a, origin: "http://h", partition: shop }]
        => 1:52: sites[0].partition: no partition is named "shop"; there are no partitions

        partitions: { shop: { memory: 1MB } }
        sites: [{ hosts: a, origin: "http://h", rules: [{ match: { method: GET }, partition: shop }] }]
        => 2:86: sites[0].rules[0].partition: goes only with path, header and cookie: it says where to look before \#
        the origin is asked, whatever the method

        partitions: { shop: { memory: 1MB } }
        sites: [{ hosts: a, origin: "http://h", rules: [{ match: { status: 404 }, partition: shop }] }]
        => 2:86: sites[0].rules[0].partition: goes only with path, header and cookie: it says where to look before \#
        the origin is asked, whatever the method
        """#
}
