#include <fmt/format.h>

#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/commands/search_options.hpp"
#include "program/report/model_numbers.hpp"
#include "theory/optima/optimality_gap.hpp"

namespace digon {
namespace {

using nlohmann::json;

/// Nothing where the weights belong to the best minimum known.
std::string stuck_in(const OptimalityGap& gap) {
  if (!gap.minimum || *gap.minimum == 0) return "";
  return fmt::format("minimum {}, {:+.3f}%", *gap.minimum, 100.0 * (gap.local / gap.best - 1.0));
}

json describe_gap(const LoadedModel& chosen, const FeatureDistribution& features, const OptimalityGap& gap,
                  const Penalty& penalty) {
  json object = model_answer(chosen, &features);
  object["loss"] = gap.loss;
  object["loss_per_feature"] = gap.loss / double(features.features());
  object["error"] = gap.error;
  object["local_minimum"] = gap.local;
  object["best_optimum"] = gap.best;
  object["gap"] = gap.absolute();
  object["relative_gap"] = gap.relative();
  object["penalty"] = describe(penalty);
  object["confirmed"] = !gap.confirmation || gap.confirmation->is_confirmed();
  object["dead_outputs"] = gap.dead;
  if (gap.confirmation) {
    object["populations"] = gap.confirmation->populations;
    object["agreeing"] = gap.confirmation->agreeing;
  } else {
    leave_out(object, {"populations", "agreeing"}, "the optimum is known in closed form");
  }
  if (gap.confirmation && !gap.confirmation->recorded.empty()) {
    object["recorded"] = gap.confirmation->recorded;
  } else {
    leave_out(object, {"recorded"}, "no record has this optimum, or none was asked for");
  }
  if (gap.minimum) {
    object["minimum"] = *gap.minimum;
  } else {
    leave_out(object, {"minimum"}, "no search found the minima, or it was interrupted");
  }
  return object;
}

}  // namespace

int run_gap(const std::vector<std::string>& arguments) {
  CommandLine line("gap", "how far weights are from their nearest local minimum and from the true optimum",
                   "digon gap --model run/weights.safetensors --instance 2 --density 0.1");
  declare_model(line);
  declare_features(line);
  declare_penalty(line);
  declare_optimum_search(line);
  declare_seed_and_threads(line);
  declare_models_out(line);
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  OptimumSearchOptions options = read_optimum_search(line, chosen.front().model.kind);
  options.seed = read_seed(line);
  options.threads = read_threads(line);
  const Penalty penalty = read_penalty(line);

  const auto lock = claim_out(line);
  std::vector<ModelNumbers> numbers(chosen.size());
  const std::string with_penalty = penalty.is_none() ? "" : " with " + describe(penalty);
  nlohmann::json printed = nlohmann::json::array();
  Table table{
      {"model", "law", "density", "loss", "local minimum", "lowest known", "gap", "relative", "stuck in"},
      {}};
  std::vector<std::string> remarks;
  {
    const std::vector<std::vector<std::size_t>> groups = group_by_law(chosen, features);
    Progress progress("gap, populations", groups.size() * options.populations);
    options.advance = [&](std::size_t populations) { progress.advance(populations); };
    for (const std::vector<std::size_t>& group : groups) {
      if (interrupted()) break;
      std::vector<ToyModel> models;
      models.reserve(group.size());
      for (const std::size_t k : group) models.push_back(chosen[k].model);
      const std::vector<OptimalityGap> gaps =
          optimality_gaps(models, features[group.front()], options, penalty);
      if (gaps.front().confirmation) {
        remarks.push_back(fmt::format("lowest known {:.10g}{}: {}", gaps.front().best, with_penalty,
                                      describe_confirmation(*gaps.front().confirmation)));
      }
      for (std::size_t g = 0; g < group.size(); ++g) {
        const OptimalityGap& gap = gaps[g];
        numbers[group[g]] = {&chosen[group[g]],
                             &features[group[g]],
                             gap.loss,
                             gap.error,
                             (gap.error > 0.0 ? "estimated" : "exact") + with_penalty,
                             gap};
        const std::string name = name_of(chosen[group[g]]);
        const FeatureDistribution& law_of_model = features[group[g]];
        if (gap.error > 0.0) {
          remarks.push_back(fmt::format("{}: its loss is estimated, ± {:.1e} (95%), and so are the others",
                                        name, gap.error));
        }
        if (gap.dead > 0) {
          remarks.push_back(fmt::format("{}: {} outputs that no input turns on", name, gap.dead));
        }
        if (line.has("json")) printed.push_back(describe_gap(chosen[group[g]], law_of_model, gap, penalty));
        table.add_row({name, describe_law(law_of_model), describe_density(law_of_model),
                       fmt::format("{:.10g}", gap.loss), fmt::format("{:.10g}", gap.local),
                       fmt::format("{:.10g}", gap.best), fmt::format("{:.3g}", gap.absolute()),
                       fmt::format("{:.4f}%", 100.0 * gap.relative()), stuck_in(gap)});
      }
    }
  }
  if (line.has("json")) {
    print_answers(printed);
  } else {
    fmt::print("{}", to_text(table));
    for (const std::string& remark : remarks) fmt::print("{}\n", remark);
  }
  std::erase_if(numbers, [](const ModelNumbers& one) { return one.loaded == nullptr; });
  if (line.has("out")) write_models(line.text("out"), numbers);
  if (!interrupted()) return 0;
  fmt::print(stderr,
             "digon: interrupted; the instances shown are finished, the last by the populations it had\n");
  return exit_interrupted;
}

}  // namespace digon
