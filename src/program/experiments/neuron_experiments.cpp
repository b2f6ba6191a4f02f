#include "program/experiments/catalog.hpp"
namespace digon {
std::vector<CatalogEntry> neuron_experiments() {
  return {};
}
}  // namespace digon
