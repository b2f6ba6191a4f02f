#include "sweep/kinds/onset_cell.hpp"

#include <algorithm>
#include <cmath>

#include "geometry/feature_dimensionality.hpp"
#include "sweep/kinds/phase_cell.hpp"
#include "sweep/sweep.hpp"

namespace digon {
namespace {

/// How the last feature is represented: ‖W_n‖, and how much of its direction others use.
struct LastFeature {
  Phase phase = Phase::absent;
  double norm = 0.0;
  double shared = 0.0;
};
LastFeature last_feature(const PhasePoint& point) {
  const ExactPhase exact = exact_phase(point);
  const FeatureGeometry geometry = feature_geometry(exact.optimum.model.W);
  const Eigen::Index last = point.features - 1;
  return {exact.phase, geometry.norm[last], geometry.superposition[last]};
}

StoredCell compute_onset(const nlohmann::json& settings, const std::string& /*given*/) {
  const nlohmann::json& between = settings.at("onset");
  PhasePoint at = transition_between(phase_point_from(between.at(0)), phase_point_from(between.at(1)));
  const double onset = at.density;
  constexpr double aside = 1e-4;
  at.density = std::min(1.0, onset * (1.0 + aside));
  const LastFeature denser = last_feature(at);
  at.density = onset * (1.0 - aside);
  const LastFeature sparser = last_feature(at);
  nlohmann::json result{{"density", onset}, {"norm_jump", std::abs(sparser.norm - denser.norm)}};
  if (denser.phase != Phase::absent && sparser.phase != Phase::absent) {
    result["shared_jump"] = std::abs(sparser.shared - denser.shared);
  }
  return {result, {}};
}

const CellKind onset_kind{"onset of superposition", 2, &compute_onset};

}  // namespace

std::vector<PhaseOnset> find_onsets(RunStore& store, const std::vector<OnsetCell>& cells,
                                    std::size_t threads) {
  std::vector<SweepCell> searches;
  for (const OnsetCell& cell : cells) {
    searches.push_back({&onset_kind, {{"onset", {describe(cell.denser), describe(cell.sparser)}}}});
  }
  std::vector<PhaseOnset> onsets;
  for (const StoredCell& found : sweep(store, "onset of superposition", searches, threads)) {
    PhaseOnset& onset = onsets.emplace_back();
    onset.density = found.result.at("density");
    onset.norm_jump = found.result.at("norm_jump");
    if (found.result.contains("shared_jump")) onset.shared_jump = found.result["shared_jump"].get<double>();
  }
  return onsets;
}

}  // namespace digon
