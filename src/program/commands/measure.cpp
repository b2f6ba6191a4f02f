#include <fmt/format.h>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/neurons.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/measure_layer.hpp"
#include "program/commands/model_options.hpp"

namespace digon {
namespace {

using nlohmann::json;

/// What the neurons of a model with a privileged basis do.
json describe(const std::vector<Neuron>& neurons) {
  json described = json::array();
  for (const Neuron& neuron : neurons) {
    described.push_back({{"class", name_of(neuron.kind)},
                         {"features", neuron.features},
                         {"effective_features", neuron.effective_features}});
  }
  return described;
}

std::string to_text(const std::vector<Neuron>& neurons) {
  Table table{{"neuron", "class", "effective features", "features"}, {}};
  for (std::size_t a = 0; a < neurons.size(); ++a) {
    std::string served;
    for (const Eigen::Index i : neurons[a].features) served += fmt::format("{} ", i);
    table.add_row({text_of(a), std::string(name_of(neurons[a].kind)),
                   fmt::format("{:.3g}", neurons[a].effective_features), served});
  }
  return to_text(table);
}

json describe(const FeatureGeometry& geometry, const Geometry& named) {
  json components = json::array();
  for (const GeometryComponent& component : named.components) {
    components.push_back(
        {{"name", component.name}, {"features", component.points}, {"dimension", component.dimension}});
  }
  return {{"geometry", named.name},
          {"components", components},
          {"norm", to_json(geometry.norm)},
          {"superposition", to_json(geometry.superposition)},
          {"feature_dimensionality", to_json(geometry.dimensionality)},
          {"capacity", geometry.dimensionality.sum()},
          {"dimensions_per_feature", geometry.dimensions_per_feature}};
}

void print_text(std::size_t instance, Eigen::Index hidden, const FeatureGeometry& geometry,
                const Geometry& named) {
  fmt::print("instance {}: D* = m/‖W‖² = {:.6g}, capacity Σ C_i = Σ D_i = {:.6g} of {}; geometry: {}\n",
             instance, geometry.dimensions_per_feature, geometry.dimensionality.sum(), hidden, named.name);
  Table table{{"feature", "norm", "superposition", "D_i = C_i"}, {}};
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
                   "norms ‖W_i‖, superposition Σ_{j≠i}(Ŵ_i·W_j)², feature dimensionality D_i, which is the "
                   "capacity C_i of Scherlis et al. 2022, D*, named geometry, and what the neurons serve "
                   "where the hidden layer has a ReLU",
                   "digon measure --model run/weights.safetensors --instance 2");
  declare_model(line);
  declare_features(line);
  declare_layer(line);
  line.flag("json",
            "print JSON at full precision: an object, or an array where the file has several instances");
  if (!line.parse(arguments)) return 0;
  if (line.has("layer")) {
    line.refuse(feature_options(), "given with --layer; accepted: with --model alone");
    return measure_layer(line);
  }
  line.refuse({"tensor", "no-coherence", "csv", "threads"},
              "given without --layer; accepted: with --layer alone");

  json printed = json::array();
  const std::vector<LoadedModel> models = read_models(line);
  std::vector<FeatureDistribution> features;
  if (says_features(line, models)) features = read_features_of_models(line, models);
  for (std::size_t k = 0; k < models.size(); ++k) {
    const LoadedModel& chosen = models[k];
    const FeatureGeometry geometry = feature_geometry(chosen.model.W);
    const Geometry named = describe_geometry(chosen.model.W);
    const bool privileged = has_relu_hidden(chosen.model.kind);
    const std::vector<Neuron> neurons = describe_neurons(chosen.model);
    if (line.has("json")) {
      json object = describe(geometry, named);
      if (privileged) object["neurons"] = describe(neurons);
      if (!features.empty()) object["features"] = to_json(features[k]);
      printed.push_back(std::move(object));
    } else {
      if (!features.empty()) {
        fmt::print("instance {}: features {}\n", chosen.instance, describe_features(features[k]));
      }
      print_text(chosen.instance, chosen.model.hidden(), geometry, named);
      if (privileged) fmt::print("{}\n", to_text(neurons));
    }
  }
  if (line.has("json")) fmt::print("{}\n", dump_json(printed.size() == 1 ? printed[0] : printed));
  return 0;
}

}  // namespace digon
