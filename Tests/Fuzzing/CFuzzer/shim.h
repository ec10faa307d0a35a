#pragma once
#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own entry, for programs that have a main of their own; no header of the toolchain declares it. */
extern int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*read)(const uint8_t *bytes, size_t count));
