#include "theory/search/same_minimum.hpp"

#include <algorithm>

namespace digon {

std::vector<std::vector<std::size_t>> minima_of(const std::vector<double>& values, const SameMinimum& same) {
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (std::isfinite(values[k])) order.push_back(k);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<std::vector<std::size_t>> minima;
  for (const std::size_t k : order) {
    if (minima.empty() || !same.holds(values[k], values[minima.back().front()])) minima.emplace_back();
    minima.back().push_back(k);
  }
  return minima;
}

}  // namespace digon
