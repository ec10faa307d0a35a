// Preloaded into a process that is to find a processor with less than this one has, by the variable HELD_TO: `avx2` has neither AVX-512 nor AMX nor the
// VNNI of AVX, `avx512` only not AMX. Where kernel and processor can let the instruction `cpuid` fault (arch_prctl, ARCH_SET_CPUID), it is answered here with
// those bits cleared. Runtimes without an option of their own choose their kernels by it. Where `cpuid` cannot fault, the variable HELD_COPIES says that the process has libraries
// whose `cpuid` is `ud2` (held_copies.py). Linux on x86-64; for benchmarks only.
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <cpuid.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static bool has_avx512;

static bool faults;

static int let_cpuid_run(unsigned long yes) { return (int)syscall(SYS_arch_prctl, ARCH_SET_CPUID, yes); }

static void answer(int signal_number, siginfo_t *info, void *context) {
    (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint8_t *instruction = (const uint8_t *)registers[REG_RIP];
    const uint8_t expected = signal_number == SIGILL ? 0x0b : 0xa2;
    if (instruction[0] != 0x0f || instruction[1] != expected) {
        signal(signal_number, SIG_DFL);
        return;
    }
    uint32_t leaf = (uint32_t)registers[REG_RAX], part = (uint32_t)registers[REG_RCX], a, b, c, d;
    if (faults) let_cpuid_run(1);
    __cpuid_count(leaf, part, a, b, c, d);
    if (faults) let_cpuid_run(0);
    if (leaf == 7 && part == 0) {
        d &= ~(1u << 22 | 1u << 24 | 1u << 25);  // AMX: BF16, TILE, INT8
        if (!has_avx512) {
            b &= ~(1u << 16 | 1u << 17 | 1u << 21 | 1u << 28 | 1u << 30 | 1u << 31);  // F, DQ, IFMA, CD, BW, VL
            c &= ~(1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14);  // VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ
            d &= ~(1u << 8 | 1u << 23);  // VP2INTERSECT, FP16
        }
    }
    if (leaf == 7 && part == 1) {
        a &= ~(1u << 21);  // AMX-FP16
        d &= ~(1u << 8);  // AMX-COMPLEX
        if (!has_avx512) {
            a &= ~(1u << 4 | 1u << 5 | 1u << 23);  // AVX-VNNI, AVX512-BF16, AVX-IFMA
            d &= ~(1u << 4 | 1u << 5 | 1u << 10 | 1u << 19);  // AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-VNNI-INT16, AVX10
        }
    }
    registers[REG_RAX] = a;
    registers[REG_RBX] = b;
    registers[REG_RCX] = c;
    registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void) {
    const char *set = getenv("HELD_TO");
    if (set == NULL || (strcmp(set, "avx2") != 0 && strcmp(set, "avx512") != 0)) {
        fputs("HELD_TO is avx2 or avx512\n", stderr);
        _exit(1);
    }
    has_avx512 = strcmp(set, "avx512") == 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = answer;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    if (getenv("HELD_COPIES") != NULL) {
        if (sigaction(SIGILL, &action, NULL) == 0) return;
    } else if (sigaction(SIGSEGV, &action, NULL) == 0 && let_cpuid_run(0) == 0) {
        faults = true;
        return;
    }
    fputs("this machine does not let 'cpuid' fault, so no process can be held to less than all instructions\n", stderr);
    _exit(1);
}
