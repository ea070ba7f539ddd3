#include "cplatform.h"
#include <string.h>

// The table is for processors without the SSE4.2 instruction; both give the same sums (CacheModelTests compare them
// with the check value of RFC 3720 B.4).
static uint32_t table[256];

// What `lane` zero bytes behind a register make of it, a byte of the register at a time: sums are linear, so the sum of
// three stretches that were taken at once is put together from theirs.
enum { lane = 1024 };
static uint32_t behind[4][256];

__attribute__((constructor)) static void fill_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = (c & 1) ? (c >> 1) ^ 0x82f63b78u : c >> 1;
        table[i] = c;
    }
    uint32_t bit[32];
    for (int k = 0; k < 32; k++) {
        uint32_t c = 1u << k;
        for (int i = 0; i < lane; i++) c = table[c & 0xff] ^ (c >> 8);
        bit[k] = c;
    }
    for (int part = 0; part < 4; part++) {
        for (int value = 0; value < 256; value++) {
            uint32_t c = 0;
            for (int k = 0; k < 8; k++) c ^= (value >> k & 1) ? bit[8 * part + k] : 0;
            behind[part][value] = c;
        }
    }
}

static uint32_t software(uint32_t crc, const unsigned char *p, size_t count) {
    while (count--) crc = table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
    return crc;
}

#if defined(__x86_64__)
static uint64_t past_a_lane(uint64_t crc) {
    return behind[0][crc & 0xff] ^ behind[1][crc >> 8 & 0xff] ^ behind[2][crc >> 16 & 0xff] ^ behind[3][crc >> 24 & 0xff];
}

__attribute__((target("sse4.2"))) static uint32_t hardware(uint32_t crc, const unsigned char *p, size_t count) {
    uint64_t wide = crc;
    // The instruction takes three cycles and can begin in each: three sums at once cost what one does.
    while (count >= 3 * lane) {
        uint64_t second = 0, third = 0;
        for (int i = 0; i < lane; i += 8) {
            uint64_t words[3];
            memcpy(&words[0], p + i, 8);
            memcpy(&words[1], p + lane + i, 8);
            memcpy(&words[2], p + 2 * lane + i, 8);
            wide = __builtin_ia32_crc32di(wide, words[0]);
            second = __builtin_ia32_crc32di(second, words[1]);
            third = __builtin_ia32_crc32di(third, words[2]);
        }
        wide = past_a_lane(past_a_lane(wide) ^ second) ^ third;
        p += 3 * lane;
        count -= 3 * lane;
    }
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        wide = __builtin_ia32_crc32di(wide, word);
        p += 8;
        count -= 8;
    }
    crc = (uint32_t)wide;
    while (count--) crc = __builtin_ia32_crc32qi(crc, *p++);
    return crc;
}
#endif

uint32_t cplatform_crc32c(uint32_t crc, const void *bytes, size_t count) {
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) return ~hardware(crc, bytes, count);
#endif
    return ~software(crc, bytes, count);
}
