#include <chrono>

#include "core/base/input_error.hpp"
#include "core/base/parallel.hpp"
#include "core/files/model_file.hpp"
#include "geometry/named_geometry.hpp"
#include "python/binding.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/optima/one_sparse_optima.hpp"
#include "theory/optima/optimality_gap.hpp"
#include "theory/optima/phase.hpp"
#include "theory/packing/packing_answer.hpp"

namespace digon::python {
namespace {

using CounterPointer = std::shared_ptr<Counter>;

/// As the options of the command say: a search that is given a measure takes place even where the answer is
/// recorded.
OptimumSearchOptions search_options(ModelKind kind, std::optional<double> seconds,
                                    std::optional<std::size_t> populations,
                                    std::optional<std::size_t> descents, std::uint64_t seed,
                                    std::size_t threads, const CounterPointer& counter) {
  OptimumSearchOptions options = search_for(kind);
  options.even_if_recorded = seconds || populations || descents;
  options.populations = populations.value_or(options.populations);
  options.evolution.descents = descents.value_or(options.evolution.descents);
  if (options.evolution.descents < 1) reject("descents: 0 given; at least 1 is needed");
  if (seconds && !(*seconds > 0.0)) reject("seconds: {} given; accepted: above 0", *seconds);
  options.seed = seed;
  options.threads = threads;
  const auto begin = std::chrono::steady_clock::now();
  options.evolution.out_of_time = [seconds, begin] {
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    return stop_asked() || (seconds && spent.count() > *seconds);
  };
  options.evolution.progress = [counter](double value) {
    if (!counter) return;
    ++counter->done;
    counter->note(value);
  };
  return options;
}

Penalty penalty_from(double weights, double interference, double max_coherence) {
  if (!(weights >= 0.0 && interference >= 0.0)) {
    reject("penalty: {} of weights and {} of interference given; accepted: at least 0", weights,
           interference);
  }
  if (!(max_coherence >= 0.0 && max_coherence <= 1.0)) {
    reject("max_coherence: {} given; accepted: 0 ≤ C ≤ 1, where 1 is no bound", max_coherence);
  }
  return {weights, interference, max_coherence};
}

py::dict describe(const Confirmation& confirmation) {
  py::dict described;
  described["agreeing"] = confirmation.agreeing;
  described["populations"] = confirmation.populations;
  described["confirmed"] = confirmation.is_confirmed();
  described["recorded"] =
      confirmation.recorded.empty() ? py::object(py::none()) : py::str(confirmation.recorded);
  return described;
}

/// The minima found, and of models with a ReLU in the hidden layer the loss of the lowest by other samples.
struct Searched {
  OptimumFound found;
  std::optional<HiddenReluLoss> stated;
};

Searched search(ModelKind kind, const Law& law, Eigen::Index m, const Penalty& penalty,
                const OptimumSearchOptions& options) {
  validate(law);
  if (kind == ModelKind::linear) {
    Searched known;
    known.found.minima.push_back({{linear_optimum(law, m), linear_optimum_loss(law, m)}, {}});
    return known;
  }
  const RecordedOptimum* recorded =
      penalty.is_none() && !law.data ? find_recorded(recorded_optima(), law, m, kind) : nullptr;
  Searched searched{search_optimum(penalized(objective_of_kind(kind, law), penalty), law.features(), m,
                                   options, {}, {}, recorded),
                    {}};
  if (has_relu_hidden(kind)) {
    searched.stated = hidden_relu_loss(searched.found.best().model, law, stated_options(options.threads));
  }
  return searched;
}

py::object optimum(Eigen::Index m, const Law& law, const std::string& kind_name, double penalty_weights,
                   double penalty_interference, double max_coherence, std::optional<double> seconds,
                   std::optional<std::size_t> populations, std::optional<std::size_t> descents,
                   std::uint64_t seed, std::size_t threads, const CounterPointer& counter) {
  const Penalty penalty = penalty_from(penalty_weights, penalty_interference, max_coherence);
  const ModelKind kind = parse_model_kind("kind", kind_name);
  const OptimumSearchOptions options =
      search_options(kind, seconds, populations, descents, seed, threads, counter);
  if (kind == ModelKind::linear && (!penalty.is_none() || options.even_if_recorded)) {
    reject(
        "kind: linear given with a penalty or a measure of the search; its optimum is known in closed form");
  }
  const auto work = [&] { return search(kind, law, m, penalty, options); };
  return call(Ending::out_of_time, work, [&](const Searched& searched) {
    const OptimumFound& found = searched.found;
    py::dict described = describe(found.confirmation());
    if (kind == ModelKind::linear) described["confirmed"] = true;
    described["stated"] = searched.stated
                              ? py::object(py::make_tuple(searched.stated->loss, searched.stated->error))
                              : py::none();
    std::vector<const ToyModel*> models;
    py::list losses;
    py::list hits;
    py::list gradient_norms;
    py::list geometries;
    for (const LocalMinimum& minimum : found.minima) {
      models.push_back(&minimum.at.model);
      losses.append(minimum.at.loss);
      hits.append(minimum.hits());
      gradient_norms.append(minimum.at.gradient_norm);
      geometries.append(describe_geometry(minimum.at.model.W).name);
    }
    described.attr("update")(model_arrays(models));
    described["loss"] = losses;
    described["hits"] = hits;
    described["gradient_norm"] = gradient_norms;
    described["geometry"] = geometries;
    described["descents"] = found.descents;
    return described;
  });
}

py::object gap(const Array& W, const Array& b, const py::object& W_out, const Kinds& kinds, const Laws& laws,
               double penalty_weights, double penalty_interference, double max_coherence,
               std::optional<double> seconds, std::optional<std::size_t> populations,
               std::optional<std::size_t> descents, std::uint64_t seed, std::size_t threads,
               const CounterPointer& counter) {
  const std::vector<ToyModel> models = models_of(W, b, W_out, kinds, laws);
  const Penalty penalty = penalty_from(penalty_weights, penalty_interference, max_coherence);
  const OptimumSearchOptions options =
      search_options(models.front().kind, seconds, populations, descents, seed, threads, counter);
  std::vector<LoadedModel> loaded(models.size());
  std::vector<FeatureDistribution> features;
  for (std::size_t k = 0; k < models.size(); ++k) {
    loaded[k].model = models[k];
    features.push_back(*of_instance(laws, k));
  }
  // One search for all of one law; those not reached are left out.
  using Gaps = std::vector<std::optional<OptimalityGap>>;
  const auto work = [&] {
    Gaps gaps(models.size());
    for (const std::vector<std::size_t>& group : group_by_law(loaded, features)) {
      if (stop_asked()) break;
      std::vector<ToyModel> its;
      for (const std::size_t k : group) its.push_back(models[k]);
      const std::vector<OptimalityGap> found =
          optimality_gaps(its, features[group.front()], options, penalty);
      for (std::size_t g = 0; g < group.size(); ++g) gaps[group[g]] = found[g];
    }
    return gaps;
  };
  return call(Ending::out_of_time, work, [](const Gaps& gaps) {
    py::list described;
    for (const std::optional<OptimalityGap>& one : gaps) {
      if (!one) {
        described.append(py::none());
        continue;
      }
      py::dict each = describe(one->confirmation.value_or(Confirmation{}));
      if (!one->confirmation) each["confirmed"] = true;  // known in closed form
      each["loss"] = one->loss;
      each["error"] = one->error;
      each["local"] = one->local;
      each["best"] = one->best;
      each["absolute"] = one->absolute();
      each["relative"] = one->relative();
      each["minimum"] = one->minimum ? py::object(py::int_(*one->minimum)) : py::none();
      each["dead"] = one->dead;
      described.append(each);
    }
    return described;
  });
}

/// A cell of the phase diagram; none where Ctrl-C came first.
struct PhaseOfPoint {
  ExactPhase exact;
  CandidateLoss candidate;
};

py::object phase(Eigen::Index n, const Array& density, const Array& relative_importance,
                 const std::string& values, bool biases, std::size_t starts, std::uint64_t seed,
                 std::size_t threads, const CounterPointer& counter) {
  const ActiveValue law = parse_active_value("values", values);
  const auto columns = std::size_t(density.size());
  const std::size_t count = columns * std::size_t(relative_importance.size());
  const auto point = [&](std::size_t k) {
    return PhasePoint{n, density.data()[k % columns], relative_importance.data()[k / columns], law};
  };
  for (std::size_t k = 0; k < count; ++k) features_of(point(k));
  using Cells = std::vector<std::optional<PhaseOfPoint>>;
  const auto work = [&] {
    Cells cells(count);
    parallel_for(count, threads, [&](std::size_t k) {
      if (interrupted()) return;
      const PhasePoint here = point(k);
      try {
        const ExactPhase exact =
            biases ? exact_phase(here, starts, seed) : exact_phase_without_biases(here, starts, seed);
        if (interrupted()) return;  // of fewer descents than were asked for
        cells[k] = {exact, candidate_losses(here).front()};
      } catch (const Interrupted&) {  // before the first of its descents ended
        return;
      }
      if (counter) ++counter->done;
    });
    return cells;
  };
  return call(Ending::orderly, work, [&](const Cells& cells) {
    const std::vector<py::ssize_t> shape{relative_importance.size(), density.size()};
    Array loss(shape);
    Array candidate_loss(shape);
    py::array_t<std::int8_t> phases(shape);
    py::array_t<std::int8_t> candidate_phases(shape);
    const double none = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t k = 0; k < count; ++k) {
      const auto& cell = cells[k];
      loss.mutable_data()[k] = cell ? cell->exact.optimum.loss : none;
      candidate_loss.mutable_data()[k] = cell ? cell->candidate.loss : none;
      phases.mutable_data()[k] = std::int8_t(cell ? int(cell->exact.phase) : -1);
      candidate_phases.mutable_data()[k] = std::int8_t(cell ? int(phase_of(cell->candidate.candidate)) : -1);
    }
    return py::make_tuple(phases, loss, candidate_phases, candidate_loss);
  });
}

py::dict describe(const PackingAnswer& answer) {
  py::dict described;
  described["quantity"] = answer.quantity;
  described["value"] = answer.value;
  const ToyModel model{answer.W, Eigen::VectorXd::Zero(answer.W.cols())};
  described["points"] = weights_array({&model});
  described["starts"] = answer.starts;
  described["hits"] = answer.hits;
  described["confirmed"] = answer.confirmed();
  described["gradient_norm"] = optional_number(answer.gradient_norm);
  described["least_eigenvalue"] = optional_number(answer.least_eigenvalue);
  py::dict bounds;
  for (const PackingBound& bound : answer.bounds) bounds[py::str(bound.name)] = bound.value;
  described["bounds"] = bounds;
  const PackingBound* proof = answer.proof();
  described["proved_optimal_by"] = proof != nullptr ? py::object(py::str(proof->name)) : py::none();
  described["known"] = answer.known ? py::object(py::float_(answer.known->value)) : py::none();
  described["known_proved"] = answer.known ? py::object(py::bool_(answer.known->proved)) : py::none();
  described["known_source"] = answer.known ? py::object(py::str(answer.known->source)) : py::none();
  described["geometry"] = answer.geometry.name;
  described["inner_products"] = answer.geometry.inner_products;
  described["b"] = py::none();
  described["by_represented"] = py::none();
  return described;
}

/// L_1 of features whose norms and biases are free, by how many are represented.
py::object pack_one_sparse(Eigen::Index features, Eigen::Index dim, const OptimumOptions& options) {
  const auto work = [&] { return one_sparse_optima(features, dim, options); };
  return call(Ending::orderly, work, [&](const std::vector<RepresentedOptimum>& optima) {
    const RepresentedOptimum& best = optima.front();
    PackingAnswer answer;
    answer.quantity = "L_1";
    answer.W = best.at.model.W;
    answer.value = best.at.loss;
    answer.starts = options.starts;
    answer.hits = best.hits;
    answer.gradient_norm = best.at.gradient_norm;
    answer.geometry = describe_geometry(answer.W);
    py::dict described = describe(answer);
    py::dict by_represented;
    for (const RepresentedOptimum& one : optima) by_represented[py::int_(one.represented)] = one.at.loss;
    described["b"] = bias_array({&best.at.model});
    described["by_represented"] = by_represented;
    return described;
  });
}

py::object pack(Eigen::Index points, Eigen::Index dim, const std::string& name, bool antipodal,
                std::size_t starts, std::optional<std::size_t> hops, const py::object& initial,
                std::uint64_t seed, std::size_t threads, const CounterPointer& counter) {
  const bool code = name == "coherence";
  if (antipodal && !code) reject("antipodal: given with energy {}; accepted with energy coherence", name);
  if (name == "l1") {
    if (hops) reject("hops: given with energy l1; accepted with the other energies");
    if (!initial.is_none()) reject("initial: given with energy l1; accepted with the other energies");
    return pack_one_sparse(points, dim, {starts, seed, threads, [&](std::size_t done) {
                                           if (counter) counter->done += done;
                                         }});
  }
  const PackingEnergy energy =
      code ? PackingEnergy{} : parse_packing_energy("energy", name, ", coherence, l1");
  PackingSearch search;
  search.starts = starts;
  search.seed = seed;
  search.threads = threads;
  if (points >= 2 && dim >= 2) {  // else refused by the search
    search.hops = hops.value_or(code ? usual_code_hops(points, dim) : usual_hops(points));
  }
  search.advance = [&](std::size_t done) {
    if (counter) counter->done += done;
  };
  if (!initial.is_none()) {
    const Array given = Array::ensure(initial);
    if (!given || given.ndim() != 2 || given.shape(0) != points || given.shape(1) != dim) {
      PyErr_Clear();
      reject("initial: accepted: points [{}, {}]", points, dim);
    }
    Eigen::MatrixXd W = Eigen::Map<const Eigen::MatrixXd>(given.data(), dim, points);
    for (Eigen::Index i = 0; i < points; ++i) {
      if (!(W.col(i).norm() > 0.0)) reject("initial: point {} is 0; accepted: points other than 0", i + 1);
    }
    W.colwise().normalize();
    if (!code) require_finite_energy(energy, W, "initial");
    search.given.push_back(std::move(W));
  }
  const auto work = [&] {
    if (!code) {
      const PackingResult found = search_packing(energy, points, dim, search);
      if (found.starts == 0) throw Interrupted();
      return packing_answer(energy, found, search);
    }
    const CodeKind kind = antipodal ? CodeKind::lines : CodeKind::points;
    const SphericalCodeResult found = search_spherical_code(kind, points, dim, search);
    if (found.starts == 0) throw Interrupted();
    return packing_answer(kind, found);
  };
  return call(Ending::orderly, work, [](const PackingAnswer& answer) { return describe(answer); });
}

}  // namespace

void add_searches(py::module_& module) {
  module.def("optimum", &optimum, py::arg("m"), py::arg("law"), py::arg("kind"), py::arg("penalty_weights"),
             py::arg("penalty_interference"), py::arg("max_coherence"), py::arg("seconds"),
             py::arg("populations"), py::arg("descents"), py::arg("seed"), py::arg("threads"),
             py::arg("counter"));
  module.def("gap", &gap, py::arg("W"), py::arg("b"), py::arg("W_out"), py::arg("kinds"), py::arg("laws"),
             py::arg("penalty_weights"), py::arg("penalty_interference"), py::arg("max_coherence"),
             py::arg("seconds"), py::arg("populations"), py::arg("descents"), py::arg("seed"),
             py::arg("threads"), py::arg("counter"));
  module.def("phase", &phase, py::arg("n"), py::arg("density"), py::arg("relative_importance"),
             py::arg("values"), py::arg("biases"), py::arg("starts"), py::arg("seed"), py::arg("threads"),
             py::arg("counter"));
  module.def("pack", &pack, py::arg("points"), py::arg("dim"), py::arg("energy"), py::arg("antipodal"),
             py::arg("starts"), py::arg("hops"), py::arg("initial"), py::arg("seed"), py::arg("threads"),
             py::arg("counter"));
}

}  // namespace digon::python
