#include <fmt/format.h>

#include "core/json.hpp"
#include "core/table.hpp"
#include "empirical/feature_dimensionality.hpp"
#include "program/command_line.hpp"
#include "program/commands.hpp"
#include "program/model_options.hpp"

namespace digon {
namespace {

using nlohmann::json;

json describe(const FeatureGeometry& geometry) {
  return {{"norm", to_json(geometry.norm)},
          {"superposition", to_json(geometry.superposition)},
          {"feature_dimensionality", to_json(geometry.dimensionality)},
          {"dimensions_per_feature", geometry.dimensions_per_feature}};
}

void print_text(std::size_t instance, const FeatureGeometry& geometry) {
  fmt::print("instance {}: D* = m/‖W‖² = {:.6g}, Σ D_i = {:.6g}\n", instance, geometry.dimensions_per_feature,
             geometry.dimensionality.sum());
  Table table{{"feature", "norm", "superposition", "D_i"}, {}};
  for (Eigen::Index i = 0; i < geometry.norm.size(); ++i) {
    table.add_row({fmt::format("{}", i), fmt::format("{:.6g}", geometry.norm[i]),
                   fmt::format("{:.6g}", geometry.superposition[i]),
                   fmt::format("{:.6g}", geometry.dimensionality[i])});
  }
  fmt::print("{}\n", to_text(table));
}

}  // namespace

int run_measure(const std::vector<std::string>& arguments) {
  CommandLine line("measure",
                   "norms ‖W_i‖, superposition Σ_{j≠i}(Ŵ_i·W_j)², feature dimensionality D_i and D*",
                   "digon measure --model run/weights.safetensors --instance 2");
  declare_model(line);
  line.flag("json",
            "print JSON at full precision: an object, or an array where the file has several instances");
  if (!line.parse(arguments)) return 0;

  json printed = json::array();
  for (const ChosenModel& chosen : read_models(line)) {
    const FeatureGeometry geometry = feature_geometry(chosen.loaded.model.W);
    if (line.has("json")) {
      printed.push_back(describe(geometry));
    } else {
      print_text(chosen.instance, geometry);
    }
  }
  if (line.has("json")) fmt::print("{}\n", (printed.size() == 1 ? printed[0] : printed).dump());
  return 0;
}

}  // namespace digon
