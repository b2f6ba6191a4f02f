#include "program/commands/search_options.hpp"

#include <fmt/format.h>

#include <chrono>

#include "core/base/input_error.hpp"
#include "core/base/parse_number.hpp"

namespace digon {

void declare_optimum_search(CommandLine& line) {
  line.option(
      "populations", "K",
      "at most so many populations are evolved, which share nothing; the search ends when three of them "
      "agree on the lowest minimum; 0: only the descents from weights that are given; default 12, of models "
      "with a ReLU in the hidden layer 4");
  line.option("descents", "K", "of each population, at most", "20000");
  line.option("seconds", "T", "end after so long; the answer then depends on the machine");
  line.option("steps", "K", "of each descent on the loss itself, at most", "2000");
}

OptimumSearchOptions read_optimum_search(const CommandLine& line, ModelKind kind) {
  OptimumSearchOptions options = search_for(kind);
  if (line.has("populations")) options.populations = line.integer("populations", 0, 100'000);
  options.finish.steps = int(line.integer("steps", 1, 1'000'000));
  options.even_if_recorded = line.given("populations") || line.given("descents") || line.given("seconds");
  options.evolution.descents = line.integer("descents", 1, 1'000'000'000);
  if (line.has("seconds")) {
    const std::chrono::duration<double> limit(line.real("seconds", 0.0, 1e9));
    const auto begin = std::chrono::steady_clock::now();
    options.evolution.out_of_time = [=] { return std::chrono::steady_clock::now() - begin > limit; };
  }
  return options;
}

void declare_penalty(CommandLine& line) {
  line.list("penalty", "NAME:L...",
            "added to the loss: weights:L for L Σ‖W_i‖², interference:L for L Σ_{i≠j}(W_i·W_j)²; both may be "
            "given");
  line.option("max-coherence", "C",
              "only models with |cos(W_i, W_j)| ≤ C for all features that are not absent");
}

Penalty read_penalty(const CommandLine& line) {
  Penalty penalty;
  for (const std::string& text : line.has("penalty") ? line.list("penalty") : std::vector<std::string>{}) {
    const std::size_t colon = text.find(':');
    const std::string name = text.substr(0, colon);
    const auto strength = colon == std::string::npos ? std::nullopt : parse_number(text.substr(colon + 1));
    if ((name != "weights" && name != "interference") || !strength || !(*strength > 0.0)) {
      reject("--penalty: '{}' given; accepted: weights:L, interference:L with L > 0", text);
    }
    (name == "weights" ? penalty.weights : penalty.interference) = *strength;
  }
  if (line.has("max-coherence")) {
    penalty.max_coherence = line.real("max-coherence", 0.0, 1.0);
    if (penalty.max_coherence >= 1.0) reject("--max-coherence: 1 given; accepted: 0 ≤ C < 1");
  }
  return penalty;
}

std::string describe_confirmation(const Confirmation& confirmation) {
  if (confirmation.agreeing == 0)
    return "of weights that are given or recorded: no population has come to it, not confirmed";
  std::string found =
      fmt::format("found in {} of {} populations", confirmation.agreeing, confirmation.populations);
  if (!confirmation.recorded.empty()) found += fmt::format(" (recorded {})", confirmation.recorded);
  if (confirmation.is_confirmed()) return found;
  return confirmation.agreeing == 1 ? found + ": not confirmed, found once" : found + ": not confirmed";
}

}  // namespace digon
