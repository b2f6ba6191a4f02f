#include "program/experiments/catalog.hpp"
namespace digon {
std::vector<CatalogEntry> dynamics_experiments() {
  return {};
}
}  // namespace digon
