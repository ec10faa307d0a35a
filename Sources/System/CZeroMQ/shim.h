#pragma once
#include <zmq.h>
// Wakes a thread that waits in zmq_poll; the C library's module leaves this header out.
#include <sys/eventfd.h>
