#include <algorithm>

#include "core/base/input_error.hpp"
#include "core/base/parallel.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/neurons.hpp"
#include "python/binding.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"
#include "theory/optima/descent.hpp"

namespace digon::python {
namespace {

/// Handing work to threads costs 10 to 20 µs: a tenth of what the loss of so many features takes.
constexpr Eigen::Index worth_threads = 10;

/// evaluate(k, threads) of each of N models, side by side: what is over of the threads goes to each.
template <typename Evaluate>
void for_each_model(const std::vector<ToyModel>& models, std::size_t threads, Evaluate evaluate) {
  const bool large = models.front().features() >= worth_threads;
  if (models.size() == 1) return evaluate(std::size_t{0}, large ? threads : 1);
  parallel_for(models.size(), threads, [&](std::size_t k) { evaluate(k, large ? threads_inside : 1); });
}

Array rows(const std::vector<const Eigen::VectorXd*>& vectors) {
  Array stacked({py::ssize_t(vectors.size()), py::ssize_t(vectors.front()->size())});
  double* out = stacked.mutable_data();
  for (const Eigen::VectorXd* one : vectors) out = std::copy(one->data(), one->data() + one->size(), out);
  return stacked;
}

/// A member of each [N], or [N, ·].
template <typename Struct>
Array column(const std::vector<Struct>& all, double Struct::*member) {
  Array values(py::ssize_t(all.size()));
  for (std::size_t k = 0; k < all.size(); ++k) values.mutable_data()[k] = all[k].*member;
  return values;
}
template <typename Struct>
Array column(const std::vector<Struct>& all, Eigen::VectorXd Struct::*member) {
  std::vector<const Eigen::VectorXd*> vectors;
  for (const Struct& one : all) vectors.push_back(&(one.*member));
  return rows(vectors);
}

/// Of a model with a ReLU in the hidden layer, whose estimated part no output has a share of.
ExactLoss hidden_loss(const ToyModel& model, const Law& law, std::optional<double> tolerance,
                      std::size_t threads) {
  HiddenReluLossOptions options;
  if (tolerance) options.relative_tolerance = *tolerance;
  options.threads = threads;
  const HiddenReluLoss found = hidden_relu_loss(model, law, options);
  const Eigen::VectorXd none =
      Eigen::VectorXd::Constant(model.features(), std::numeric_limits<double>::quiet_NaN());
  return {found.loss, found.error, none, none, found.samples};
}

/// 1e-10 is the tolerance that is usual where none is given.
ExactLossOptions loss_options(std::optional<double> tolerance, std::size_t threads) {
  ExactLossOptions options;
  options.relative_tolerance = tolerance.value_or(1e-10);
  options.threads = threads;
  return options;
}

py::object loss(const Array& W, const Array& b, const py::object& W_out, const Kinds& kinds, const Laws& laws,
                std::optional<double> tolerance, std::size_t threads) {
  const std::vector<ToyModel> models = models_of(W, b, W_out, kinds, laws);
  const auto work = [&] {
    std::vector<ExactLoss> losses(models.size());
    for_each_model(models, threads, [&](std::size_t k, std::size_t inside) {
      if (has_relu_hidden(models[k].kind)) {
        losses[k] = hidden_loss(models[k], *of_instance(laws, k), tolerance, inside);
        return;
      }
      losses[k] = exact_loss(models[k], *of_instance(laws, k), loss_options(tolerance, inside));
    });
    return losses;
  };
  return call(Ending::at_once, work, [](const std::vector<ExactLoss>& losses) {
    return py::make_tuple(column(losses, &ExactLoss::loss), column(losses, &ExactLoss::error),
                          column(losses, &ExactLoss::reconstruction),
                          column(losses, &ExactLoss::interference));
  });
}

py::object loss_and_gradient(const Array& W, const Array& b, const py::object& W_out, const Kinds& kinds,
                             const Laws& laws, std::optional<double> tolerance, std::size_t threads) {
  const std::vector<ToyModel> models = models_of(W, b, W_out, kinds, laws);
  const auto work = [&] {
    std::vector<LossGradient> losses(models.size());
    for_each_model(models, threads, [&](std::size_t k, std::size_t inside) {
      if (models[k].kind == ModelKind::relu_hidden) {
        losses[k] = HiddenReluObjective(models[k].kind, *of_instance(laws, k))(models[k], inside);
        return;
      }
      losses[k] = exact_loss_gradient(models[k], *of_instance(laws, k), loss_options(tolerance, inside));
    });
    return losses;
  };
  return call(Ending::at_once, work, [&](const std::vector<LossGradient>& losses) {
    Array by_W({py::ssize_t(losses.size()), W.shape(1), W.shape(2)});
    double* out = by_W.mutable_data();
    for (const LossGradient& one : losses)
      out = std::copy(one.by_W.data(), one.by_W.data() + one.by_W.size(), out);
    return py::make_tuple(column(losses, &LossGradient::loss), column(losses, &LossGradient::error), by_W,
                          column(losses, &LossGradient::by_b));
  });
}

/// All that is said by number of active features.
struct ByCount {
  Eigen::VectorXd L;
  Eigen::VectorXd L_mean;
  Eigen::VectorXd reconstruction;
  Eigen::VectorXd interference;
  Eigen::VectorXd error;
  Eigen::VectorXd weight;           // NaN where the L̄_k do not make up the loss
  Eigen::VectorXd feature_benefit;  // of L_1, feature by feature
  Eigen::VectorXd feature_interference;
  double relative_error = 0.0;
};

ByCount decompose_one(const ToyModel& model, const Law& law, const DecompositionOptions& options) {
  if (!has_decomposition(model.kind, law)) {
    reject(
        "decomposition: {} models of features {} have none; accepted: linear and relu-output models of "
        "independent features, or of K active",
        name_of(model.kind), describe_law(law));
  }
  const Decomposition found = decompose(model, law.importance, options, law.values);
  const OneSparseLoss one_sparse = one_sparse_loss(model, law.importance, law_of(law));
  const Eigen::Index counts = found.error.size();
  const std::optional<Eigen::VectorXd> weight = count_weights(law);
  return {found.L(),
          found.L_mean(),
          found.reconstruction,
          found.interference,
          found.error,
          weight ? Eigen::VectorXd(weight->head(counts))
                 : Eigen::VectorXd::Constant(counts, std::numeric_limits<double>::quiet_NaN()),
          one_sparse.feature_benefit,
          one_sparse.interference,
          found.relative_error};
}

py::object decompose_all(const Array& W, const Array& b, const py::object& W_out, const Kinds& kinds,
                         const Laws& laws, std::optional<Eigen::Index> up_to, double tolerance,
                         std::size_t threads, const std::shared_ptr<Counter>& counter) {
  const std::vector<ToyModel> models = models_of(W, b, W_out, kinds, laws);
  DecompositionOptions options;
  options.relative_tolerance = tolerance;
  options.refuse = false;
  options.advance = [&] {
    if (counter) ++counter->done;
  };
  options.up_to = up_to.value_or(0);
  for (const auto& law : laws) {
    if (!up_to) options.up_to = std::max(options.up_to, usual_most_active(*law));
  }
  const auto work = [&] {
    std::vector<ByCount> parts(models.size());
    for_each_model(models, threads, [&](std::size_t k, std::size_t inside) {
      DecompositionOptions its = options;
      its.threads = inside;
      parts[k] = decompose_one(models[k], *of_instance(laws, k), its);
    });
    return parts;
  };
  return call(Ending::at_once, work, [](const std::vector<ByCount>& parts) {
    return py::make_tuple(
        column(parts, &ByCount::L), column(parts, &ByCount::L_mean), column(parts, &ByCount::reconstruction),
        column(parts, &ByCount::interference), column(parts, &ByCount::error),
        column(parts, &ByCount::weight), column(parts, &ByCount::feature_benefit),
        column(parts, &ByCount::feature_interference), column(parts, &ByCount::relative_error));
  });
}

/// All that is said of one W.
struct Described {
  FeatureGeometry numbers;
  Geometry named;
  std::vector<Neuron> neurons;
};

/// (norm, superposition, dimensionality, D*, names, components, neurons) of W [N, n, m].
py::object measure(const Array& W, const py::object& W_out, const Kinds& kinds, double tolerance,
                   std::size_t threads) {
  Array b(std::vector<py::ssize_t>{W.shape(0), W.shape(1)});
  std::fill_n(b.mutable_data(), b.size(), 0.0);
  const std::vector<ToyModel> models = models_of(W, b, W_out, kinds, {nullptr});
  const auto work = [&] {
    std::vector<Described> all(models.size());
    parallel_for(models.size(), models.size() == 1 ? 1 : threads, [&](std::size_t k) {
      throw_if_interrupted();
      const Eigen::MatrixXd& one = models[k].W;
      all[k] = {feature_geometry(one), describe_geometry(one, tolerance), describe_neurons(models[k])};
    });
    return all;
  };
  return call(Ending::at_once, work, [](const std::vector<Described>& all) {
    std::vector<FeatureGeometry> geometries;
    py::list names;
    py::list components;
    py::list neurons;
    for (const Described& one : all) {
      geometries.push_back(one.numbers);
      names.append(one.named.name);
      py::list parts;
      for (const GeometryComponent& part : one.named.components) {
        parts.append(py::make_tuple(part.name, part.points, part.dimension));
      }
      components.append(parts);
      py::list served;
      for (const Neuron& neuron : one.neurons) {
        served.append(
            py::make_tuple(std::string(name_of(neuron.kind)), neuron.features, neuron.effective_features));
      }
      neurons.append(served);
    }
    return py::make_tuple(
        column(geometries, &FeatureGeometry::norm), column(geometries, &FeatureGeometry::superposition),
        column(geometries, &FeatureGeometry::dimensionality),
        column(geometries, &FeatureGeometry::dimensions_per_feature), names, components, neurons);
  });
}

/// The local minima that descents from the models end in: (W, b, loss, gradient_norm).
py::object descend_all(const Array& W, const Array& b, const Laws& laws, std::size_t threads) {
  const std::vector<ToyModel> models = models_of(W, b, py::none(), {"relu-output"}, laws);
  const auto work = [&] {
    std::vector<Descent> ends(models.size());
    parallel_for(models.size(), threads, [&](std::size_t k) {
      validate(models[k], *of_instance(laws, k));
      ends[k] = descend(exact_objective(*of_instance(laws, k)), models[k]);
    });
    return ends;
  };
  return call(Ending::at_once, work, [](const std::vector<Descent>& ends) {
    std::vector<const ToyModel*> found;
    for (const Descent& end : ends) found.push_back(&end.model);
    return py::make_tuple(weights_array(found), bias_array(found), column(ends, &Descent::loss),
                          column(ends, &Descent::gradient_norm));
  });
}

}  // namespace

void add_losses(py::module_& module) {
  module.def("loss", &loss, py::arg("W"), py::arg("b"), py::arg("W_out"), py::arg("kinds"), py::arg("laws"),
             py::arg("tolerance"), py::arg("threads"));
  module.def("loss_and_gradient", &loss_and_gradient, py::arg("W"), py::arg("b"), py::arg("W_out"),
             py::arg("kinds"), py::arg("laws"), py::arg("tolerance"), py::arg("threads"));
  module.def("decompose", &decompose_all, py::arg("W"), py::arg("b"), py::arg("W_out"), py::arg("kinds"),
             py::arg("laws"), py::arg("up_to"), py::arg("tolerance"), py::arg("threads"), py::arg("counter"));
  module.def(
      "has_decomposition",
      [](const std::string& kind, const Law& law) {
        return has_decomposition(parse_model_kind("kind", kind), law);
      },
      py::arg("kind"), py::arg("law"));
  module.def("measure", &measure, py::arg("W"), py::arg("W_out"), py::arg("kinds"), py::arg("tolerance"),
             py::arg("threads"));
  module.def("descend", &descend_all, py::arg("W"), py::arg("b"), py::arg("laws"), py::arg("threads"));
  module.def("zero_model_loss", &zero_model_loss, py::arg("law"));
  module.attr("model_tolerance") = model_tolerance;
}

}  // namespace digon::python
