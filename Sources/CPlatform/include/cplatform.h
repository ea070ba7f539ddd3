// What Swift on Linux can't call by itself: CRC32C in hardware, and system calls that Glibc's overlay hides.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "cplatform_files.h"

/// CRC32C (Castagnoli, as in iSCSI, RFC 3720 B.4) of `count` bytes, continuing from `crc` (0 to start). Any thread.
uint32_t cplatform_crc32c(uint32_t crc, const void *bytes, size_t count);
