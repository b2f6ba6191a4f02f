#include "sweep/cell_kind.hpp"

#include <chrono>
#include <map>
#include <stdexcept>

#include "core/base/interrupt.hpp"

namespace digon {
namespace {

std::map<std::string, const CellKind*>& kinds() {
  static std::map<std::string, const CellKind*> all;
  return all;
}

}  // namespace

CellKind::CellKind(std::string name, int version, Compute computes)
    : name_(std::move(name)), version_(version), compute_(computes) {
  if (!kinds().emplace(name_, this).second) throw std::logic_error("two kinds of cell are '" + name_ + "'");
}

StoredCell CellKind::compute(const nlohmann::json& settings, const std::string& given) const {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  StoredCell stored;
  try {
    stored = compute_(settings, given);
  } catch (const std::exception&) {
    if (!interrupted()) throw;
    return stored;  // what was cut short may fail in any way
  }
  stored.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return stored;
}

const CellKind& find_cell_kind(const std::string& name) {
  const auto found = kinds().find(name);
  if (found == kinds().end()) throw std::logic_error("there is no kind of cell '" + name + "'");
  return *found->second;
}

}  // namespace digon
