#include <fmt/format.h>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/neurons.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/measure_layer.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/report/model_numbers.hpp"

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

json describe(const LoadedModel& chosen, const FeatureDistribution* features, const FeatureGeometry& geometry,
              const Geometry& named) {
  json components = json::array();
  for (const GeometryComponent& component : named.components) {
    components.push_back(
        {{"name", component.name}, {"features", component.points}, {"dimension", component.dimension}});
  }
  json object = model_answer(chosen, features);
  object["geometry"] = named.name;
  object["components"] = components;
  object["norm"] = to_json(geometry.norm);
  object["superposition"] = to_json(geometry.superposition);
  object["feature_dimensionality"] = to_json(geometry.dimensionality);
  object["capacity"] = geometry.dimensionality.sum();
  object["dimensions_per_feature"] = geometry.dimensions_per_feature;
  if (has_relu_hidden(chosen.model.kind)) {
    object["neurons"] = describe(describe_neurons(chosen.model));
  } else {
    leave_out(object, {"neurons"}, "there is no ReLU in the hidden layer");
  }
  return object;
}

void print_text(const LoadedModel& chosen, const FeatureGeometry& geometry, const Geometry& named) {
  fmt::print("{}: D* = m/‖W‖² = {:.6g}, capacity Σ C_i = Σ D_i = {:.6g} of {}; geometry: {}\n",
             name_of(chosen), geometry.dimensions_per_feature, geometry.dimensionality.sum(),
             chosen.model.hidden(), named.name);
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
  declare_models_out(line);
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  if (line.has("layer")) {
    line.refuse(feature_options(), "given with --layer; accepted: with --model alone");
    line.refuse({"step", "out"}, "given with --layer; accepted: with --model alone");
    return measure_layer(line);
  }
  line.refuse({"tensor", "no-coherence", "csv", "threads"},
              "given without --layer; accepted: with --layer alone");

  json printed = json::array();
  const std::vector<LoadedModel> models = read_models(line);
  std::vector<FeatureDistribution> features;
  if (says_features(line, models)) features = read_features_of_models(line, models);
  const auto lock = claim_out(line);
  std::vector<ModelNumbers> numbers;
  Progress progress("measure, models", models.size());
  for (std::size_t k = 0; k < models.size(); ++k) {
    const LoadedModel& chosen = models[k];
    progress.advance(1);
    progress.clear();
    numbers.push_back({&chosen, features.empty() ? nullptr : &features[k]});
    const FeatureGeometry geometry = feature_geometry(chosen.model.W);
    const Geometry named = describe_geometry(chosen.model.W);
    if (line.has("json")) {
      printed.push_back(describe(chosen, features.empty() ? nullptr : &features[k], geometry, named));
    } else {
      if (!features.empty()) {
        fmt::print("{}: features {}\n", name_of(chosen), describe_features(features[k]));
      }
      print_text(chosen, geometry, named);
      if (has_relu_hidden(chosen.model.kind)) {
        fmt::print("{}\n", to_text(describe_neurons(chosen.model)));
      }
    }
  }
  if (line.has("json")) print_answers(printed);
  if (line.has("out")) write_models(line.text("out"), numbers);
  return 0;
}

}  // namespace digon
