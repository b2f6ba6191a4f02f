#include <fmt/format.h>

#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/search_options.hpp"
#include "theory/optima/optimality_gap.hpp"

namespace digon {
namespace {

/// Nothing where the weights belong to the best minimum known.
std::string stuck_in(const OptimalityGap& gap) {
  if (!gap.minimum || *gap.minimum == 0) return "";
  return fmt::format("minimum {}, {:+.3f}%", *gap.minimum, 100.0 * (gap.local / gap.best - 1.0));
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
  line.flag("json",
            "print JSON at full precision: an object, or an array where the file has several instances");
  if (!line.parse(arguments)) return 0;
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  OptimumSearchOptions options = read_optimum_search(line, chosen.front().model.kind);
  options.seed = read_seed(line);
  options.threads = read_threads(line);
  const Penalty penalty = read_penalty(line);

  nlohmann::json printed = nlohmann::json::array();
  Table table{
      {"instance", "law", "density", "loss", "local minimum", "lowest known", "gap", "relative", "stuck in"},
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
        remarks.push_back(fmt::format("lowest known {:.10g}{}: {}", gaps.front().best,
                                      penalty.is_none() ? "" : " with " + describe(penalty),
                                      describe_confirmation(*gaps.front().confirmation)));
      }
      for (std::size_t g = 0; g < group.size(); ++g) {
        const OptimalityGap& gap = gaps[g];
        const std::size_t instance = chosen[group[g]].instance;
        if (gap.error > 0.0) {
          remarks.push_back(
              fmt::format("instance {}: its loss is estimated, ± {:.1e} (95%), and so are the others",
                          instance, gap.error));
        }
        if (gap.dead > 0) {
          remarks.push_back(
              fmt::format("instance {}: {} outputs that no input turns on", instance, gap.dead));
        }
        const Confirmation confirmation = gap.confirmation.value_or(Confirmation{});
        const std::string law = describe_law(features[group[g]]);
        printed.push_back(
            {{"instance", instance},
             {"law", law},
             {"density", to_json(features[group[g]].density)},
             {"loss", gap.loss},
             {"error", gap.error},
             {"local_minimum", gap.local},
             {"best_optimum", gap.best},
             {"gap", gap.absolute()},
             {"relative_gap", gap.relative()},
             {"penalty", describe(penalty)},
             {"populations", confirmation.populations},
             {"agreeing", confirmation.agreeing},
             {"confirmed", !gap.confirmation || confirmation.is_confirmed()},
             {"recorded",
              confirmation.recorded.empty() ? nlohmann::json() : nlohmann::json(confirmation.recorded)},
             {"dead_outputs", gap.dead},
             {"minimum", gap.minimum ? nlohmann::json(*gap.minimum) : nlohmann::json()}});
        table.add_row({text_of(instance), law, describe_density(features[group[g]]),
                       fmt::format("{:.10g}", gap.loss), fmt::format("{:.10g}", gap.local),
                       fmt::format("{:.10g}", gap.best), fmt::format("{:.3g}", gap.absolute()),
                       fmt::format("{:.4f}%", 100.0 * gap.relative()), stuck_in(gap)});
      }
    }
  }
  if (line.has("json")) {
    fmt::print("{}\n", dump_json(printed.size() == 1 ? printed[0] : printed));
  } else {
    fmt::print("{}", to_text(table));
    for (const std::string& remark : remarks) fmt::print("{}\n", remark);
  }
  if (!interrupted()) return 0;
  fmt::print(stderr,
             "digon: interrupted; the instances shown are finished, the last by the populations it had\n");
  return exit_interrupted;
}

}  // namespace digon
