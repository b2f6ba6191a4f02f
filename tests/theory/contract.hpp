#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

namespace digon {

/// What a header promises of a function, at some arguments: |value − exact| ≤ promised · unit, the promise in
/// the header's words, the exact value from somewhere else.
struct Contract {
  std::string function;
  std::string arguments;
  double value;
  double exact;
  double promised;
  double unit;
};

inline std::string text(std::initializer_list<double> arguments) {
  std::string all;
  for (const double each : arguments) all += (all.empty() ? "" : ", ") + Catch::Detail::stringify(each);
  return all;
}

inline void hold(const std::vector<Contract>& contracts) {
  for (const Contract& each : contracts) {
    const double error = std::abs(each.value - each.exact);
    CAPTURE(each.function, each.arguments, each.value, each.exact, error, each.promised * each.unit);
    CHECK(error <= each.promised * each.unit);
  }
}

}  // namespace digon
