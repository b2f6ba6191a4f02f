#include <fmt/format.h>

#include "core/interrupt.hpp"
#include "core/json.hpp"
#include "core/progress.hpp"
#include "core/table.hpp"
#include "program/command_line.hpp"
#include "program/commands.hpp"
#include "program/model_options.hpp"
#include "theory/optimality_gap.hpp"

namespace digon {

int run_gap(const std::vector<std::string>& arguments) {
  CommandLine line("gap", "how far weights are from their nearest local minimum and from the true optimum",
                   "digon gap --model run/weights.safetensors --instance 2 --density 0.1 --starts 32");
  declare_model(line);
  declare_features_of_models(line);
  line.option("starts", "K", "random starts of the search for the optimum", "32");
  declare_seed_and_threads(line);
  line.flag("json",
            "print JSON at full precision: an object, or an array where the file has several instances");
  if (!line.parse(arguments)) return 0;
  const std::vector<ChosenModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  OptimumOptions options;
  options.starts = line.integer("starts", 1, 1'000'000);
  options.seed = read_seed(line);
  options.threads = read_threads(line);

  nlohmann::json printed = nlohmann::json::array();
  Table table{{"instance", "law", "loss", "local minimum", "best optimum", "gap", "relative"}, {}};
  {
    Progress progress("gap", chosen.size() * options.starts);
    options.advance = [&](std::size_t starts) { progress.advance(starts); };
    for (std::size_t k = 0; k < chosen.size() && !interrupted(); ++k) {
      const OptimalityGap gap = optimality_gap(chosen[k].loaded.model, features[k], options);
      printed.push_back({{"instance", chosen[k].instance},
                         {"law", describe_law(features[k])},
                         {"loss", gap.loss},
                         {"local_minimum", gap.local},
                         {"best_optimum", gap.best},
                         {"gap", gap.absolute()},
                         {"relative_gap", gap.relative()}});
      table.add_row({cell(chosen[k].instance), describe_law(features[k]), fmt::format("{:.10g}", gap.loss),
                     fmt::format("{:.10g}", gap.local), fmt::format("{:.10g}", gap.best),
                     fmt::format("{:.3g}", gap.absolute()), fmt::format("{:.4f}%", 100.0 * gap.relative())});
    }
  }
  if (line.has("json")) {
    fmt::print("{}\n", (printed.size() == 1 ? printed[0] : printed).dump());
  } else {
    fmt::print("{}", to_text(table));
  }
  if (!interrupted()) return 0;
  fmt::print(stderr, "digon: interrupted; the instances shown are finished, the last by the starts it had\n");
  return exit_interrupted;
}

}  // namespace digon
