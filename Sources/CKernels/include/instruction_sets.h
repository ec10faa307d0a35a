#pragma once
#include <stdbool.h>

/// The instruction sets that every kernel is built for. The order is from the plainest to the widest.
enum InstructionSetCode {
    InstructionSetBaseline = 0,
    InstructionSetAVX2 = 1,
    InstructionSetAVX512 = 2,
    InstructionSetNEON = 3,
};

/// Whether this build holds the variant and this processor can run it.
bool instruction_set_runs_here(enum InstructionSetCode code);
