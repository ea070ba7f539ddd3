#pragma once
#include <zlib.h>

// `deflateInit2` is a macro, which Swift doesn't import. Window bits 15 + 16: gzip framing (RFC 1952).

/// Prepares the zeroed `stream` to write gzip. Z_OK, or an error; then the stream holds nothing.
static inline int czlib_deflate_init_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
