#pragma once
// The plain SHA-256 calls keep their state in a struct, which is what a value type wants. Version 3 calls them deprecated in
// favour of contexts on the heap, and keeps them.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/hmac.h>
#include <openssl/sha.h>
