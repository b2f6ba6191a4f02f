#include "empirical/training/training.hpp"

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "core/files/data_file.hpp"
#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "empirical/sampling/samples.hpp"
#include "empirical/training/parameter_objective.hpp"
#include "empirical/training/sampled_loss.hpp"
#include "python/binding.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/objective.hpp"
#include "theory/recovery/recovery_error.hpp"

namespace digon::python {
namespace {

py::object train_all(Eigen::Index m, const Laws& laws, const std::string& kind, const std::string& objective,
                     std::size_t restarts, std::size_t steps, std::size_t batch, const std::string& optimizer,
                     double learning_rate, const std::string& schedule, double momentum, std::size_t warm_up,
                     double weight_decay, const std::string& stop, std::size_t patience,
                     const std::vector<std::size_t>& snapshots, std::uint64_t seed, std::size_t threads,
                     const std::shared_ptr<Counter>& counter) {
  TrainingSettings settings;
  settings.steps = steps;
  settings.batch = batch;
  settings.optimizer.kind = parse_optimizer("optimizer", optimizer);
  settings.optimizer.schedule = parse_schedule("schedule", schedule);
  settings.optimizer.learning_rate = learning_rate;
  settings.optimizer.momentum = momentum;
  settings.optimizer.warm_up = warm_up;
  settings.optimizer.weight_decay = weight_decay;
  settings.stop.criterion = parse_stop_criterion("stop", stop);
  settings.stop.patience = patience;
  settings.snapshot_steps = snapshots;
  settings.threads = threads;
  std::vector<TrainingInstance> instances;
  for (const auto& law : laws) {
    for (std::size_t r = 0; r < restarts; ++r) {
      instances.push_back({parse_model_kind("kind", kind), m, *law, derive_seed(seed, instances.size())});
    }
  }
  if (instances.empty()) reject("restarts: 0 given; at least 1 is needed");
  if (settings.stop.criterion == StopCriterion::evaluated &&
      !has_exact_loss(instances[0].kind, *laws.front())) {
    reject("stop: exact given for {} models of features {}; accepted there: never, plateau", kind,
           describe_law(*laws.front()));
  }
  const bool exactly = objective == "exact";
  if (!exactly && objective != "sampled") {
    reject("objective: '{}' given; accepted: sampled, exact", objective);
  }
  if (exactly && !has_exact_loss(instances[0].kind, *laws.front())) {
    reject("objective: exact given for {} models of features {}; accepted there: sampled", kind,
           describe_law(*laws.front()));
  }
  if (!exactly && laws.front()->data) {
    reject("objective: sampled given with data; accepted there: exact, the loss of all samples");
  }
  TrainingHooks hooks;
  if (exactly) {
    hooks.objective = [&](std::size_t i) {
      return parameter_objective(exact_objective(instances[i].features, tolerance_of_training));
    };
  }
  hooks.advance = [&](std::size_t done) {
    if (counter) counter->done += done;
  };
  hooks.evaluate = [&](std::size_t i, const ToyModel& model) {
    ExactLossOptions options;
    options.relative_tolerance = reachable_tolerance(instances[i].features, 1e-9);
    return exact_loss(model, instances[i].features, options).loss;
  };
  const auto work = [&] { return train(instances, settings, hooks); };
  return call(Ending::orderly, work, [&](const std::vector<TrainingResult>& results) {
    std::vector<const ToyModel*> models;
    std::vector<const ToyModel*> kept;
    std::size_t fewest = settings.snapshot_steps.size();
    for (const TrainingResult& result : results) fewest = std::min(fewest, result.snapshots.size());
    py::list losses;
    py::list steps_done;
    py::list diverged;
    py::list stopped_early;
    for (const TrainingResult& result : results) {
      models.push_back(&result.model);
      losses.append(py::array_t<double>(py::ssize_t(result.loss_history.size()), result.loss_history.data()));
      steps_done.append(result.steps_done);
      diverged.append(result.diverged_at ? py::object(py::int_(*result.diverged_at)) : py::none());
      stopped_early.append(result.stopped_early);
    }
    py::list snapshots_W;
    py::list snapshots_b;
    py::list snapshots_at;
    for (std::size_t s = 0; s < fewest; ++s) {
      std::vector<const ToyModel*> then;
      for (const TrainingResult& result : results) then.push_back(&result.snapshots[s].model);
      snapshots_W.append(weights_array(then));
      snapshots_b.append(bias_array(then));
      snapshots_at.append(settings.snapshot_steps[s]);
    }
    std::vector<std::uint64_t> seeds;
    for (const TrainingInstance& instance : instances) seeds.push_back(instance.seed);
    py::dict described = model_arrays(models);
    described["loss_history"] = losses;
    described["steps"] = steps_done;
    described["diverged"] = diverged;
    described["stopped_early"] = stopped_early;
    described["seed"] = seeds;
    described["snapshot_steps"] = snapshots_at;
    described["snapshot_W"] = snapshots_W;
    described["snapshot_b"] = snapshots_b;
    return described;
  });
}

py::object sample(const Law& law, Eigen::Index T, std::uint64_t seed, std::size_t threads) {
  return call(
      Ending::at_once, [&] { return draw_samples(law, T, seed, threads); },
      [&](const Eigen::MatrixXd& x) {
        return Array({py::ssize_t(x.cols()), py::ssize_t(x.rows())}, x.data());  // [n×T] is [T, n] row-major
      });
}

/// (mean, standard error) of each.
py::object sampled(const Array& W, const Array& b, const py::object& W_out, const Kinds& kinds,
                   const Laws& laws, std::size_t samples, std::uint64_t seed, std::size_t threads) {
  const std::vector<ToyModel> models = models_of(W, b, W_out, kinds, laws);
  const auto work = [&] {
    std::vector<SampledLoss> losses;
    for (std::size_t k = 0; k < models.size(); ++k) {
      throw_if_interrupted();
      losses.push_back(sampled_loss(models[k], *of_instance(laws, k), samples, seed, threads));
    }
    return losses;
  };
  return call(Ending::at_once, work, [](const std::vector<SampledLoss>& losses) {
    Array mean(py::ssize_t(losses.size()));
    Array standard_error(py::ssize_t(losses.size()));
    for (std::size_t k = 0; k < losses.size(); ++k) {
      mean.mutable_data()[k] = losses[k].mean;
      standard_error.mutable_data()[k] = losses[k].standard_error;
    }
    return py::make_tuple(mean, standard_error);
  });
}

/// What decoders find in h of each model: of every decoder its errors, and the parts of the loss.
py::object recover(const Array& W, const Array& b, const Kinds& kinds, const Laws& laws, std::size_t samples,
                   std::uint64_t seed, std::size_t threads, const std::shared_ptr<Counter>& counter) {
  const std::vector<ToyModel> models = models_of(W, b, py::none(), kinds, laws);
  using Recovered = std::vector<std::optional<RecoveryErrors>>;
  const auto work = [&] {
    Recovered recovered(models.size());
    for (std::size_t k = 0; k < models.size(); ++k) {
      if (interrupted()) break;
      const Law& law = *of_instance(laws, k);
      validate(models[k], law);
      try {
        recovered[k] = recovery_errors(models[k], law,
                                       recovery_inputs(law, Eigen::Index(samples), seed, threads), threads);
      } catch (const Interrupted&) {
        break;
      }
      if (counter) ++counter->done;
    }
    return recovered;
  };
  return call(Ending::orderly, work, [](const Recovered& recovered) {
    py::list described;
    for (const std::optional<RecoveryErrors>& one : recovered) {
      if (!one) {
        described.append(py::none());
        continue;
      }
      py::dict decoders;
      for (const DecodedError& decoded : one->decoders) {
        decoders[py::str(std::string(name_of(decoded.decoder)))] =
            py::make_tuple(decoded.mean, decoded.standard_error, decoded.recovered);
      }
      const LossParts& parts = *one->parts;
      py::dict each;
      each["decoders"] = decoders;
      each["lost"] = parts.lost;
      each["unfound"] = parts.unfound;
      each["readout"] = parts.readout;
      each["readout_standard_error"] = parts.readout_error;
      each["best"] = std::string(name_of(parts.best));
      described.append(each);
    }
    return described;
  });
}

/// The law of a file's instance; data that lie elsewhere are read where they are there.
py::object law_of_file(const LoadedModel& loaded) {
  if (!loaded.features) return py::none();
  auto law = std::make_shared<Law>(*loaded.features);
  if (law->data && law->data->x.size() == 0 && std::filesystem::exists(law->data->source)) {
    *law = with_data(*law, load_data(law->data->source));
  }
  return py::cast(law);
}

py::object load(const std::string& path, const std::string& layout, const std::string& weights,
                const std::string& bias, const std::string& weights_out) {
  const ModelFileOptions options{parse_weight_layout("layout", layout), weights, bias, weights_out};
  const auto work = [&] { return load_models(path, options); };
  return call(Ending::at_once, work, [](const std::vector<LoadedModel>& all) {
    std::vector<const ToyModel*> models;
    py::list kinds;
    py::list laws;
    py::list seeds;
    py::list steps;
    for (const LoadedModel& loaded : all) {
      models.push_back(&loaded.model);
      kinds.append(std::string(name_of(loaded.model.kind)));
      laws.append(law_of_file(loaded));
      seeds.append(loaded.seed);
      steps.append(loaded.step ? py::cast(*loaded.step) : py::none());
    }
    py::dict described = model_arrays(models);
    described["kind"] = kinds;
    described["law"] = laws;
    described["seed"] = seeds;
    described["step"] = steps;
    described["remark"] = all.front().remark;
    return described;
  });
}

void save(const std::string& path, const Array& W, const Array& b, const py::object& W_out,
          const Kinds& kinds, const Laws& laws, const std::vector<std::uint64_t>& seeds, bool single) {
  const std::vector<ToyModel> models = models_of(W, b, W_out, kinds, laws);
  std::vector<TrainedModel> trained;
  for (std::size_t k = 0; k < models.size(); ++k) {
    validate(models[k], *of_instance(laws, k));
    if (is_tied(models[k].kind) != is_tied(models[0].kind))
      reject("kind: tied and untied models in one file");
    trained.push_back({models[k], *of_instance(laws, k), of_instance(seeds, k)});
  }
  write_file_atomically(path, serialize_models(trained, single ? StoredType::float32 : StoredType::float64));
}

}  // namespace

void add_training(py::module_& module) {
  module.def("train", &train_all, py::arg("m"), py::arg("laws"), py::arg("kind"), py::arg("objective"),
             py::arg("restarts"), py::arg("steps"), py::arg("batch"), py::arg("optimizer"),
             py::arg("learning_rate"), py::arg("schedule"), py::arg("momentum"), py::arg("warm_up"),
             py::arg("weight_decay"), py::arg("stop"), py::arg("patience"), py::arg("snapshots"),
             py::arg("seed"), py::arg("threads"), py::arg("counter"));
  module.def("sample", &sample, py::arg("law"), py::arg("T"), py::arg("seed"), py::arg("threads"));
  module.def("recover", &recover, py::arg("W"), py::arg("b"), py::arg("kinds"), py::arg("laws"),
             py::arg("samples"), py::arg("seed"), py::arg("threads"), py::arg("counter"));
  module.def("sampled_loss", &sampled, py::arg("W"), py::arg("b"), py::arg("W_out"), py::arg("kinds"),
             py::arg("laws"), py::arg("samples"), py::arg("seed"), py::arg("threads"));
  module.def("load", &load, py::arg("path"), py::arg("layout"), py::arg("weights"), py::arg("bias"),
             py::arg("weights_out"));
  module.def("save", &save, py::arg("path"), py::arg("W"), py::arg("b"), py::arg("W_out"), py::arg("kinds"),
             py::arg("laws"), py::arg("seeds"), py::arg("single"));
}

}  // namespace digon::python
