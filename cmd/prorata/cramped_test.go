package main_test

// crampedBy is set where the test binary is not to test, but to run the program
// in a place where it cannot write as much as it would like, or remember: "limit
// BYTES" of a file, "disk BYTES", "memory BYTES".
const crampedBy = "PRORATA_TEST_CRAMPED"
