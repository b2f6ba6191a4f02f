#include "core/base/nearest_name.hpp"

#include <algorithm>
#include <numeric>

namespace digon {
namespace {

/// Levenshtein's distance, a row of its table at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
  std::vector<std::string> longer;
  std::string nearest;
  std::size_t least = word.size() / 3 + 1;
  for (const std::string& name : names) {
    if (name.starts_with(word)) longer.push_back(name);
    const std::size_t here = distance(word, name);
    if (here >= least) continue;
    least = here;
    nearest = name;
  }
  return longer.size() == 1 ? longer.front() : nearest;
}

}  // namespace digon
