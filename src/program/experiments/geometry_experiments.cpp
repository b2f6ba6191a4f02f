#include "program/experiments/catalog.hpp"
namespace digon {
std::vector<CatalogEntry> geometry_experiments() {
  return {};
}
}  // namespace digon
