#include "program/cell_kinds.hpp"

#include <chrono>
#include <map>

#include "core/interrupt.hpp"
#include "program/experiments/cells.hpp"
#include "program/optimum_cell.hpp"
#include "program/packing_cell.hpp"
#include "program/phase_diagram.hpp"
#include "program/training_cell.hpp"

namespace digon {
namespace {

using Compute = StoredCell (*)(const nlohmann::json& settings, const std::string& given);

const std::map<std::string, Compute>& kinds() {
  static const std::map<std::string, Compute> all{{"training", &compute_training},
                                                  {"optimum", &compute_optimum},
                                                  {"descent", &compute_descent},
                                                  {"one-sparse descent", &compute_one_sparse_descent},
                                                  {"exact phase", &compute_exact_phase},
                                                  {"phase boundary", &compute_transition},
                                                  {"onset of superposition", &compute_onset},
                                                  {"attack", &compute_attack},
                                                  {"packing spectrum", &compute_packing_spectrum},
                                                  {"packing", &compute_packing},
                                                  {"spherical code", &compute_code}};
  return all;
}

}  // namespace

StoredCell compute(const SweepCell& cell) {
  using Clock = std::chrono::steady_clock;
  const auto found = kinds().find(cell.kind);
  if (found == kinds().end()) throw std::logic_error("there is no kind of cell '" + cell.kind + "'");
  const Clock::time_point begin = Clock::now();
  StoredCell stored;
  try {
    stored = found->second(cell.settings, cell.given);
  } catch (const std::exception&) {
    if (!interrupted()) throw;
    return stored;  // what was cut short may fail in any way
  }
  stored.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return stored;
}

}  // namespace digon
