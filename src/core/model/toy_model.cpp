#include "core/model/toy_model.hpp"

#include "core/base/input_error.hpp"
#include "core/base/named_choice.hpp"

namespace digon {
namespace {

constexpr NamedChoices<ModelKind, 4> kind_names{{{ModelKind::linear, "linear"},
                                                 {ModelKind::relu_output, "relu-output"},
                                                 {ModelKind::relu_hidden, "relu-hidden"},
                                                 {ModelKind::absolute_value, "absolute-value"}}};

}  // namespace

void validate(const ToyModel& model) {
  if (model.features() < 1) reject("W: no features; at least 1 is needed");
  if (model.hidden() < 1) reject("W: no hidden dimensions; at least 1 is needed");
  if (model.b.size() != model.features()) {
    reject("b: {} values given for {} features", model.b.size(), model.features());
  }
  if (!model.W.allFinite()) reject("W: contains NaN or infinity; all weights must be finite");
  const Eigen::Index decoded = is_tied(model.kind) ? 0 : model.features();
  const Eigen::Index read = is_tied(model.kind) ? 0 : model.hidden();
  if (model.W_out.rows() != decoded || model.W_out.cols() != read) {
    reject("W_out: [{}, {}] given to a model of kind {}; accepted: [{}, {}]", model.W_out.rows(),
           model.W_out.cols(), name_of(model.kind), decoded, read);
  }
  if (!model.W_out.allFinite()) reject("W_out: contains NaN or infinity; all weights must be finite");
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
  return name_in(kind_names, kind);
}

ModelKind parse_model_kind(std::string_view option, std::string_view text) {
  return parse_choice(kind_names, option, "a model", text);
}

}  // namespace digon
