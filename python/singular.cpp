#include "core/base/input_error.hpp"
#include "python/binding.hpp"
#include "theory/singular/model_coefficient.hpp"

namespace digon::python {
namespace {

py::dict describe_limit(const Extrapolation& limit) {
  py::dict ways;
  for (const Approach approach :
       {Approach::none, Approach::inverse, Approach::inverse_root, Approach::logarithm}) {
    ways[py::str(std::string(name_of(approach)))] = limit.weight_of(approach);
  }
  py::dict described;
  described["value"] = limit.value;
  described["error"] = limit.error;
  described["approach"] = ways;
  return described;
}

/// By the names of the package's LearningPoint.
py::dict describe_point(const LearningPoint& point) {
  py::dict described;
  described["nbeta"] = point.inverse_temperature;
  described["gamma"] = point.localisation;
  described["value"] = point.lambda;
  described["standard_error"] = point.standard_error;
  described["without_controls"] = point.plain;
  described["without_controls_standard_error"] = point.plain_error;
  described["r_hat"] = point.r_hat;
  described["effective_draws"] = point.effective;
  described["acceptance"] = point.acceptance;
  described["below"] = point.below;
  described["distance"] = point.distance;
  described["trustworthy"] = point.is_trustworthy();
  return described;
}

/// By the names of the package's LearningCoefficient.
py::dict describe_coefficient(const ModelCoefficient& one) {
  const LearningCoefficient& found = one.found;
  py::list points;
  for (const LearningPoint& point : found.points) points.append(describe_point(point));
  py::list limits;
  for (const Extrapolation& limit : found.of_localisation) limits.append(describe_limit(limit));
  py::dict described;
  described["value"] = found.lambda;
  described["error"] = found.error;
  described["trustworthy"] = found.is_trustworthy();
  described["half_rank"] = found.hessian.bound();
  described["least_eigenvalue"] = found.hessian.least;
  described["parameters"] = one.parameters;
  described["rotations"] = one.rotations;
  described["loss"] = one.loss;
  described["moved"] = one.moved;
  described["points"] = points;
  described["limits"] = limits;
  described["volume"] = one.volume ? py::object(describe_limit(one.volume->lambda)) : py::none();
  described["W"] = weights_array({&one.at});
  described["b"] = bias_array({&one.at});
  return described;
}

py::object learning_coefficient(const Array& W, const Array& b, const Kinds& kinds, const Laws& laws,
                                const std::string& objective, const std::vector<double>& nbeta,
                                const std::vector<double>& gamma, std::size_t chains, std::size_t draws,
                                std::size_t warm_up, const std::string& sampler, bool as_is, bool volume,
                                std::uint64_t seed, std::size_t threads,
                                const std::shared_ptr<Counter>& counter) {
  const std::vector<ToyModel> models = models_of(W, b, py::none(), kinds, laws);
  if (sampler != "hmc" && sampler != "mala") reject("sampler: '{}' given; accepted: hmc, mala", sampler);
  ModelCoefficientOptions options;
  options.loss = parse_learning_loss("objective", objective);
  if (as_is) options.place = LearningPlace::weights;
  options.learning.inverse_temperatures = nbeta;
  if (!gamma.empty()) options.learning.localisations = gamma;
  SamplingOptions& sampling = options.learning.sampling;
  sampling.chains = chains;
  sampling.draws = draws;
  sampling.warm_up = warm_up;
  if (sampler == "mala") sampling.trajectory = 0.0;
  sampling.seed = seed;
  sampling.threads = threads;
  sampling.advance = [counter](std::size_t done) {
    if (counter) counter->done += done;
  };
  if (volume) {
    options.volume.emplace();
    options.volume->localisation = options.learning.localisations.front();
    options.volume->seed = seed;
    options.volume->threads = threads;
  }
  const auto work = [&] {
    std::vector<ModelCoefficient> all;
    for (std::size_t k = 0; k < models.size(); ++k) {
      all.push_back(model_coefficient(models[k], *of_instance(laws, k), options));
    }
    return all;
  };
  return call(Ending::orderly, work, [](const std::vector<ModelCoefficient>& all) {
    py::list described;
    for (const ModelCoefficient& one : all) described.append(describe_coefficient(one));
    return described;
  });
}

}  // namespace

void add_singular(py::module_& module) {
  module.def("learning_coefficient", &learning_coefficient, py::arg("W"), py::arg("b"), py::arg("kinds"),
             py::arg("laws"), py::arg("objective"), py::arg("nbeta"), py::arg("gamma"), py::arg("chains"),
             py::arg("draws"), py::arg("warm_up"), py::arg("sampler"), py::arg("as_is"), py::arg("volume"),
             py::arg("seed"), py::arg("threads"), py::arg("counter"));
}

}  // namespace digon::python
