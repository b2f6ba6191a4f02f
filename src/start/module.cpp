// The Python module's entry: takes the widest path that the processor has, or that of DIGON_SIMD.
#include <Python.h>

#include "start/simd_choice.hpp"

extern "C" {
PyObject* PyInit__digon_sse2();
PyObject* PyInit__digon_avx2();
PyObject* PyInit__digon_avx512();
}

extern "C" __attribute__((visibility("default"))) PyObject* PyInit__digon() {
  constexpr PyObject* (*modules[])() = {PyInit__digon_sse2, PyInit__digon_avx2, PyInit__digon_avx512};
  const digon::SimdChoice choice = digon::choose_simd(digon::all_paths);
  if (choice.refusal[0] != '\0') {
    PyErr_SetString(PyExc_ImportError, choice.refusal);
    return nullptr;
  }
  char* no_arguments[] = {nullptr};
  static bool initialised = false;
  if (!initialised) digon::initialise(digon::all_paths[choice.path], 0, no_arguments, no_arguments);
  initialised = true;
  return modules[choice.path]();
}
