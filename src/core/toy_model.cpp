#include "core/toy_model.hpp"

#include "core/input_error.hpp"

namespace digon {

void validate(const ToyModel& model) {
  if (model.features() < 1) reject("W: no features; at least 1 is needed");
  if (model.hidden() < 1) reject("W: no hidden dimensions; at least 1 is needed");
  if (model.b.size() != model.features()) {
    reject("b: {} values given for {} features", model.b.size(), model.features());
  }
  if (!model.W.allFinite()) reject("W: contains NaN or infinity; all weights must be finite");
  if (!model.b.allFinite()) reject("b: contains NaN or infinity; all biases must be finite");
}

void validate(const ToyModel& model, const FeatureDistribution& features) {
  validate(model);
  validate(features);
  if (model.features() != features.features()) {
    reject("features: the model has {}, the distribution {}", model.features(), features.features());
  }
}

std::string_view name_of(ModelKind kind) {
  switch (kind) {
    case ModelKind::linear:
      return "linear";
    case ModelKind::relu_output:
      return "relu-output";
    case ModelKind::relu_hidden:
      return "relu-hidden";
  }
  return "";
}

ModelKind parse_model_kind(std::string_view option, std::string_view text) {
  for (const ModelKind kind : {ModelKind::linear, ModelKind::relu_output, ModelKind::relu_hidden}) {
    if (text == name_of(kind)) return kind;
  }
  reject("{}: '{}' is not a model; accepted: linear, relu-output, relu-hidden", option, text);
}

}  // namespace digon
