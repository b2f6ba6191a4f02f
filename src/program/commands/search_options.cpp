#include "program/commands/search_options.hpp"

#include <fmt/format.h>

#include <chrono>

namespace digon {

void declare_optimum_search(CommandLine& line) {
  line.option("populations", "K",
              "at most so many populations are evolved, which share nothing; the search ends when three of "
              "them agree "
              "on the lowest minimum",
              "12");
  line.option("descents", "K", "of each population, at most", "20000");
  line.option("seconds", "T", "end after so long; the answer then depends on the machine");
}

OptimumSearchOptions read_optimum_search(const CommandLine& line) {
  OptimumSearchOptions options;
  options.populations = line.integer("populations", 1, 100'000);
  options.evolution.descents = line.integer("descents", 1, 1'000'000'000);
  if (line.has("seconds")) {
    const std::chrono::duration<double> limit(line.real("seconds", 0.0, 1e9));
    const auto begin = std::chrono::steady_clock::now();
    options.evolution.out_of_time = [=] { return std::chrono::steady_clock::now() - begin > limit; };
  }
  return options;
}

bool is_confirmed(std::size_t agreeing) {
  return agreeing >= OptimumSearchOptions{}.agree;
}

std::string describe_confirmation(std::size_t agreeing, std::size_t populations) {
  if (agreeing == 0) return "of the weights given: no population has come to it, not confirmed";
  const std::string found = fmt::format("found in {} of {} populations", agreeing, populations);
  if (is_confirmed(agreeing)) return found;
  return agreeing == 1 ? found + ": not confirmed, found once" : found + ": not confirmed";
}

}  // namespace digon
