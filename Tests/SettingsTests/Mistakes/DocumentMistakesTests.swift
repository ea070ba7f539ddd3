import Testing

@Suite("Mistakes: the YAML itself")
struct DocumentMistakesTests {
    @Test("what the YAML parser refuses stands alone, with its place", arguments: MistakeTable.rows(table))
    func mistakes(_ row: MistakeTable.Row) {
        #expect(Samples.mistakes(row.yaml) == row.messages)
    }

    private static let table = #"""
        (empty)
        => 1:1: the file holds no settings

        # nothing
        => 1:1: the file holds no settings

        threads: 1
        state: x
        threads: 2
        …
        => 3:1: key "threads" given more than once

        sites:
          - hosts: ["*"]
            cache: { default_ttl: 1s }
            "cache": { default_ttl: 2s }
        …
        => 4:5: key "cache" given more than once

        tiers: { memory: { size: 1MB, size: 2MB } }
        …
        => 1:20: key "size" given more than once

        threads:⇥1
        ⇥state: x
        => 2:1: not valid YAML: while scanning a plain scalar from line 1: found a tab character that violates \#
        indentation; indent with spaces, not with tabs

        a:
        ⇥b: 1
        => 2:1: not valid YAML: while scanning for the next token from line 2: found character that cannot start \#
        any token; indent with spaces, not with tabs

        a: b: c
        => 1:5: not valid YAML: mapping values are not allowed in this context

        a: [1
        => 2:1: not valid YAML: while parsing a flow sequence from line 1: did not find expected ',' or ']'

        sites: [*x]
        => 1:9: not valid YAML: found undefined alias; a value that begins with * stands in quotes, as "*"

        sites:
          - hosts: [*.example.com]
        => 2:14: not valid YAML: while scanning an alias from line 2: did not find expected alphabetic or numeric \#
        character; a value that begins with * stands in quotes, as "*"

        sites:
          - hosts: *
            origin: a
        => 2:13: not valid YAML: while scanning an alias from line 2: did not find expected alphabetic or numeric \#
        character; a value that begins with * stands in quotes, as "*"

        --- {}
        --- {}
        => 2:1: a second YAML document; one file is one configuration

        threads: !!int 5
        …
        => 1:10: YAML tags (!name) are not supported

        threads: !secret x
        …
        => 1:10: YAML tags (!name) are not supported

        threads: @x
        => 1:10: not valid YAML: while scanning for the next token from line 1: found character that cannot start \#
        any token; put the value in quotes

        threads: %x
        => 1:10: not valid YAML: while scanning for the next token from line 1: found character that cannot start \#
        any token; put the value in quotes

        timeouts: { header: ${H} }
        => 1:22: not valid YAML: while parsing a flow mapping from line 1: did not find expected ',' or '}'; inside \#
        [ ] and { } a value with a colon or ${ } stands in quotes

        purge: { allow: [::1] }
        => 1:18: not valid YAML: while parsing a flow node from line 1: did not find expected node content; inside \#
        [ ] and { } a value with a colon or ${ } stands in quotes

        threads: "\ud800"
        => 1:13: not valid YAML: while parsing a quoted scalar from line 1: found invalid Unicode character escape code

        a: "open
        => 2:1: not valid YAML: while scanning a quoted scalar from line 1: found unexpected end of stream

        threads: &a *a
        => 1:13: not valid YAML: while parsing a block mapping from line 1: did not find expected key; a value that \#
        begins with * stands in quotes, as "*"
        """#
}
