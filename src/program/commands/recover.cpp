#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/base/random.hpp"
#include "core/files/table.hpp"
#include "empirical/sampling/samples.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/optima/optimum_record.hpp"
#include "theory/recovery/recovery_error.hpp"

namespace digon {
namespace {

using nlohmann::json;

/// A W whose h is decoded: the model's, or one that stands beside it.
struct Encoder {
  std::string name;
  ToyModel model;
};

const std::vector<std::string> beside_names{"gaussian", "frame", "optimum"};

std::vector<std::string> read_beside(const CommandLine& line) {
  std::vector<std::string> beside = line.list("beside");
  for (const std::string& name : beside) {
    if (std::find(beside_names.begin(), beside_names.end(), name) == beside_names.end()) {
      reject("--beside: '{}' given; accepted: gaussian, frame, optimum", name);
    }
  }
  return beside;
}

std::vector<Encoder> encoders_of(const ToyModel& model, const FeatureDistribution& features,
                                 const std::vector<std::string>& beside, std::uint64_t seed) {
  std::vector<Encoder> encoders{{"model", model}};
  for (const std::string& name : beside) {
    if (name == "gaussian") {
      encoders.push_back({name, gaussian_model(model.features(), model.hidden(), seed)});
    } else if (name == "frame") {
      encoders.push_back({name, tight_frame_model(model.features(), model.hidden(), seed)});
    } else {
      const RecordedOptimum* known = find_recorded(recorded_optima(), features, model.hidden());
      if (known == nullptr) {
        reject("--beside: optimum given; paper_refs/optima.csv has none of {} in {} dimensions, density {}",
               model.features(), model.hidden(), describe_density(features));
      }
      encoders.push_back({name, known->model});
    }
  }
  return encoders;
}

/// How many inputs are decoded, and which.
struct RecoveryOptions {
  Eigen::Index samples = 0;
  std::uint64_t seed = 0;
  std::size_t threads = 0;
};

RecoveryErrors errors_of(const ToyModel& model, const FeatureDistribution& features,
                         const RecoveryOptions& options) {
  return recovery_errors(model, features,
                         recovery_inputs(features, options.samples, options.seed, options.threads),
                         options.threads);
}

/// The recovery of exactly k active features, chosen evenly, k = 1, 2, …
std::vector<RecoveryErrors> errors_by_count(const ToyModel& model, const FeatureDistribution& features,
                                            Eigen::Index up_to, RecoveryOptions options) {
  FeatureDistribution even = uniform_features(features.features(), 0.0);
  even.importance = features.importance;
  even.values = features.values;
  const std::uint64_t seed = options.seed;
  std::vector<RecoveryErrors> errors;
  for (Eigen::Index k = 1; k <= up_to; ++k) {
    options.seed = derive_seed(seed, std::uint64_t(k));
    errors.push_back(errors_of(model, with_active(even, k), options));
  }
  return errors;
}

json describe(const RecoveryErrors& errors) {
  json decoders = json::array();
  for (const DecodedError& one : errors.decoders) {
    decoders.push_back({{"decoder", name_of(one.decoder)},
                        {"error", one.mean},
                        {"standard_error", one.standard_error},
                        {"recovered", one.recovered}});
  }
  return decoders;
}

json describe(const LossParts& parts) {
  return {{"lost", parts.lost},
          {"unfound", parts.unfound},
          {"readout", parts.readout},
          {"readout_standard_error", parts.readout_error},
          {"best", name_of(parts.best)}};
}

void add_rows(Table& table, const std::string& encoder, const RecoveryErrors& errors, double zero_loss) {
  for (const DecodedError& one : errors.decoders) {
    table.add_row({encoder, std::string(name_of(one.decoder)), fmt::format("{:.6g}", one.mean),
                   fmt::format("{:.1e}", one.standard_error),
                   zero_loss > 0.0 ? fmt::format("{:.4g}", one.mean / zero_loss) : "",
                   fmt::format("{:.4g}", one.recovered)});
  }
}

std::string in_words(const LossParts& parts) {
  const double loss = parts.lost + parts.unfound + parts.readout;
  return fmt::format(
      "loss {:.6g} = {:.6g} that h no longer holds, the active features known\n  + {:.6g} that the best "
      "decoder, {}, does not find in it\n  + {:.6g} ± {:.1e} that the readout leaves beyond that, {:.3g} of "
      "the loss\n",
      loss, parts.lost, parts.unfound, name_of(parts.best), parts.readout, parts.readout_error,
      loss > 0.0 ? parts.readout / loss : 0.0);
}

Table count_table(const std::vector<RecoveryErrors>& by_count) {
  Table table{{"k"}, {}};
  for (const DecodedError& one : by_count.front().decoders) {
    table.columns.push_back(std::string(name_of(one.decoder)));
  }
  for (std::size_t k = 0; k < by_count.size(); ++k) {
    std::vector<std::string> row{text_of(k + 1)};
    for (const DecodedError& one : by_count[k].decoders) row.push_back(fmt::format("{:.4g}", one.recovered));
    table.add_row(row);
  }
  return table;
}

CommandLine declare_recover() {
  CommandLine line("recover",
                   "what other decoders find in h = Wx: the loss split into what h no longer holds and what "
                   "the readout leaves in it",
                   "digon recover --model run/weights.safetensors --density 0.05 --beside gaussian frame");
  declare_model(line);
  declare_features(line);
  line.list("beside", "NAME",
            "W to compare: gaussian, frame (tight, at random), optimum (the lowest loss on record)");
  line.option("samples", "K", "inputs decoded", "4096");
  line.option("up-to", "K", "exact recovery of exactly k active features for k up to this; default m or n");
  line.option("trials", "K", "inputs for each k", "256");
  declare_seed_and_threads(line);
  declare_json(line);
  return line;
}

}  // namespace

int run_recover(const std::vector<std::string>& arguments) {
  CommandLine line = declare_recover();
  if (!line.parse(arguments)) return 0;
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  const std::vector<std::string> beside = read_beside(line);
  RecoveryOptions options;
  constexpr std::uint64_t most = 100'000'000;
  options.samples = Eigen::Index(line.integer("samples", 2, most));
  options.seed = read_seed(line);
  options.threads = read_threads(line);
  RecoveryOptions of_count = options;
  of_count.samples = Eigen::Index(line.integer("trials", 2, most));

  json printed = json::array();
  std::string text;
  Progress progress("recover", chosen.size() * (1 + beside.size()));
  for (std::size_t k = 0; k < chosen.size() && !interrupted(); ++k) {
    const ToyModel& model = chosen[k].model;
    const Eigen::Index n = model.features();
    const auto up_to = line.has("up-to") ? Eigen::Index(line.integer("up-to", 1, std::uint64_t(n)))
                                         : std::min(n, model.hidden());
    json instance = model_answer(chosen[k], &features[k]);
    instance["encoders"] = json::array();
    Table table{{"W", "decoder", "error", "standard error", "of the zero model's", "recovered"}, {}};
    std::string parts;
    std::string counts;
    for (const Encoder& encoder : encoders_of(model, features[k], beside, options.seed)) {
      const RecoveryErrors errors = errors_of(encoder.model, features[k], options);
      const std::vector<RecoveryErrors> by_count =
          errors_by_count(encoder.model, features[k], up_to, of_count);
      json described = {{"W", encoder.name},
                        {"decoders", describe(errors)},
                        {"by_count", json::array()},
                        {"loss", errors.parts ? describe(*errors.parts) : json()},
                        {"why", json::object()}};
      for (std::size_t of = 0; of < by_count.size(); ++of) {
        described["by_count"].push_back({{"active", of + 1}, {"decoders", describe(by_count[of])}});
      }
      if (!errors.parts) leave_out(described, {"loss"}, "a W alone has no readout");
      if (errors.parts) {
        parts += (encoder.name == "model" ? "" : encoder.name + ": ") + in_words(*errors.parts);
      }
      instance["encoders"].push_back(described);
      add_rows(table, encoder.name, errors, zero_model_loss(features[k]));
      counts += fmt::format("\nexact recovery of k active features, W of {}:\n{}", encoder.name,
                            to_text(count_table(by_count)));
      progress.advance(1);
    }
    printed.push_back(instance);
    text += fmt::format("{}, features {}\n{}{}{}\n", name_of(chosen[k]), describe_features(features[k]),
                        to_text(table), parts, counts);
  }
  if (line.has("json")) {
    print_answers(printed);
  } else {
    fmt::print("{}", text);
  }
  return interrupted() ? exit_interrupted : 0;
}

}  // namespace digon
