#include "program/experiments/catalog.hpp"

#include "core/base/input_error.hpp"

namespace digon {

// Each in the file of its name; phase.cpp and basic.cpp have one experiment at two sizes.
namespace experiments {
Experiment theory();
Experiment intro();
Experiment basic_small();
Experiment basic_large();
Experiment phase_2_1();
Experiment phase_3_2();
Experiment geometry_uniform();
Experiment nonuniform();
Experiment directions();
Experiment correlated();
Experiment correlated_bases();
Experiment collapse();
Experiment dynamics_jumps();
Experiment dynamics_geometry();
Experiment adversarial();
Experiment privileged();
Experiment abs_small();
Experiment abs_large();
Experiment asymmetric();
Experiment packing();
Experiment published_binary();
Experiment published_cells();
Experiment published_memorisation();
Experiment published_pairs();
Experiment published_eight_pairs();
Experiment published_small();
Experiment published_training();
Experiment published_widths();
Experiment compressed_sensing();
Experiment almost_orthogonal();
Experiment phases_of_learning();
}  // namespace experiments

const std::vector<Experiment>& catalog() {
  using namespace experiments;
  static const std::vector<Experiment> all{theory(),
                                           intro(),
                                           basic_small(),
                                           basic_large(),
                                           phase_2_1(),
                                           phase_3_2(),
                                           geometry_uniform(),
                                           nonuniform(),
                                           directions(),
                                           correlated(),
                                           correlated_bases(),
                                           collapse(),
                                           dynamics_jumps(),
                                           dynamics_geometry(),
                                           adversarial(),
                                           privileged(),
                                           abs_small(),
                                           abs_large(),
                                           asymmetric(),
                                           packing(),
                                           compressed_sensing(),
                                           almost_orthogonal(),
                                           phases_of_learning(),
                                           published_small(),
                                           published_cells(),
                                           published_pairs(),
                                           published_eight_pairs(),
                                           published_training(),
                                           published_binary(),
                                           published_memorisation(),
                                           published_widths()};
  return all;
}

std::vector<const Experiment*> catalog_of(Suite suite) {
  std::vector<const Experiment*> chosen;
  for (const Experiment& experiment : catalog()) {
    if (experiment.suite == suite) chosen.push_back(&experiment);
  }
  return chosen;
}

const Experiment& find_experiment(std::string_view id) {
  std::string names;
  for (const Experiment& experiment : catalog()) {
    if (experiment.suite == Suite::theory || experiment.suite == Suite::packing) continue;
    if (experiment.id == id) return experiment;
    names += (names.empty() ? "" : ", ") + experiment.id;
  }
  reject("'{}' is not an experiment; accepted: {}", id, names);
}

}  // namespace digon
