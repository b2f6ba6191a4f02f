#include "program/experiments/catalog.hpp"
namespace digon {
std::vector<CatalogEntry> correlation_experiments() {
  return {};
}
}  // namespace digon
