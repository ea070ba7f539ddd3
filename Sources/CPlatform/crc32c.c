#include "cplatform.h"
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Three ways to the same sums; the processor chooses. The table is for those without the instruction of SSE4.2.
static uint32_t table[256];

// A sum is a polynomial's remainder and so linear: what zero bytes behind a register make of it, a byte of the register at
// a time, puts the sum of several stretches that were taken at once together from theirs.
enum { lane = 1024, lanes = 7 };
static uint32_t behind_lane[4][256];
static uint32_t behind_lanes[4][256];

// x to the powers 1024 + 63 and 1023 over the polynomial: what moves 128 bits on by 128 bytes.
static uint64_t fold[2];

static void fill_behind(uint32_t behind[4][256], int zeros) {
    uint32_t bit[32];
    for (int k = 0; k < 32; k++) {
        uint32_t c = 1u << k;
        for (int i = 0; i < zeros; i++) c = table[c & 0xff] ^ (c >> 8);
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

__attribute__((constructor)) static void fill_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = (c & 1) ? (c >> 1) ^ 0x82f63b78u : c >> 1;
        table[i] = c;
    }
    fill_behind(behind_lane, lane);
    fill_behind(behind_lanes, lanes * lane);
    uint32_t power = 0x80000000u;
    for (int n = 1; n <= 1024 + 63; n++) {
        power = (power & 1) ? (power >> 1) ^ 0x82f63b78u : power >> 1;
        if (n == 1023) fold[1] = (uint64_t)power << 32;
    }
    fold[0] = (uint64_t)power << 32;
}

static uint32_t software(uint32_t crc, const unsigned char *p, size_t count) {
    while (count--) crc = table[(crc ^ *p++) & 0xff] ^ (crc >> 8);
    return crc;
}

#if defined(__x86_64__)
static uint64_t past(uint32_t behind[4][256], uint64_t crc) {
    return behind[0][crc & 0xff] ^ behind[1][crc >> 8 & 0xff] ^ behind[2][crc >> 16 & 0xff] ^ behind[3][crc >> 24 & 0xff];
}

static uint64_t word(const unsigned char *p) {
    uint64_t word;
    memcpy(&word, p, 8);
    return word;
}

__attribute__((target("sse4.2"))) static uint32_t hardware(uint32_t crc, const unsigned char *p, size_t count) {
    uint64_t wide = crc;
    // The instruction takes three cycles and can begin in each: three sums at once cost what one does.
    while (count >= 3 * lane) {
        uint64_t second = 0, third = 0;
        for (int i = 0; i < lane; i += 8) {
            wide = __builtin_ia32_crc32di(wide, word(p + i));
            second = __builtin_ia32_crc32di(second, word(p + lane + i));
            third = __builtin_ia32_crc32di(third, word(p + 2 * lane + i));
        }
        wide = past(behind_lane, past(behind_lane, wide) ^ second) ^ third;
        p += 3 * lane;
        count -= 3 * lane;
    }
    while (count >= 8) {
        wide = __builtin_ia32_crc32di(wide, word(p));
        p += 8;
        count -= 8;
    }
    crc = (uint32_t)wide;
    while (count--) crc = __builtin_ia32_crc32qi(crc, *p++);
    return crc;
}

// The carry-less product of both halves with the powers, moved on by 128 bytes, and the bytes that are there.
__attribute__((target("avx2,vpclmulqdq"))) static inline __m256i folded(__m256i sum, __m256i by, const unsigned char *p) {
    __m256i low = _mm256_clmulepi64_epi128(sum, by, 0x00), high = _mm256_clmulepi64_epi128(sum, by, 0x11);
    return _mm256_xor_si256(_mm256_xor_si256(low, high), _mm256_loadu_si256((const __m256i *)p));
}

// Seven lanes at once: four are folded to 128 bytes that have the same remainder, three are summed, which other parts of
// the processor do.
__attribute__((target("sse4.2,avx2,pclmul,vpclmulqdq"))) static uint32_t vectors(
    uint32_t crc, const unsigned char *p, size_t count) {
    __m256i by = _mm256_set_epi64x((int64_t)fold[1], (int64_t)fold[0], (int64_t)fold[1], (int64_t)fold[0]);
    uint64_t wide = crc;
    while (count >= lanes * lane) {
        const unsigned char *q = p + 4 * lane;
        __m256i sum[4];
        for (int k = 0; k < 4; k++) sum[k] = _mm256_loadu_si256((const __m256i *)(p + 32 * k));
        uint64_t first = 0, second = 0, third = 0;
        for (int i = 0; i < lane; i += 32) {
            if (i > 0) {
                for (int k = 0; k < 4; k++) sum[k] = folded(sum[k], by, p + 4 * i + 32 * k);
            }
            for (int k = 0; k < 32; k += 8) {
                first = __builtin_ia32_crc32di(first, word(q + i + k));
                second = __builtin_ia32_crc32di(second, word(q + lane + i + k));
                third = __builtin_ia32_crc32di(third, word(q + 2 * lane + i + k));
            }
        }
        unsigned char rest[128];
        memcpy(rest, sum, sizeof rest);
        uint64_t before = 0;
        for (int k = 0; k < 128; k += 8) before = __builtin_ia32_crc32di(before, word(rest + k));
        before = past(behind_lane, past(behind_lane, past(behind_lane, before) ^ first) ^ second) ^ third;
        wide = past(behind_lanes, wide) ^ before;
        p += lanes * lane;
        count -= lanes * lane;
    }
    return hardware((uint32_t)wide, p, count);
}
#endif

uint32_t cplatform_crc32c(uint32_t crc, const void *bytes, size_t count) {
    crc = ~crc;
#if defined(__x86_64__)
    if (count >= lanes * lane && __builtin_cpu_supports("vpclmulqdq") && __builtin_cpu_supports("avx2"))
        return ~vectors(crc, bytes, count);
    if (__builtin_cpu_supports("sse4.2")) return ~hardware(crc, bytes, count);
#endif
    return ~software(crc, bytes, count);
}
