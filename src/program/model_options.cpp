#include "program/model_options.hpp"

#include "core/input_error.hpp"

namespace digon {

void declare_density(CommandLine& line) {
  line.list(
      "density", "P…",
      "density 1 − S, one value an instance; a value is a number, r^i or n comma-separated numbers, 0 to 1");
  line.list("sparsity", "S…", "sparsity S instead of the density, in the same forms");
}

std::vector<Eigen::VectorXd> read_densities(const CommandLine& line, Eigen::Index n) {
  if (line.has("density") && line.has("sparsity")) reject("--density and --sparsity: give one of them");
  std::vector<Eigen::VectorXd> densities;
  for (const std::string& text : line.list("density"))
    densities.push_back(parse_probability("--density", text, n));
  for (const std::string& text : line.list("sparsity")) {
    densities.emplace_back(1.0 - parse_probability("--sparsity", text, n).array());
  }
  return densities;
}

void declare_model(CommandLine& line) {
  line.option("model", "FILE", "safetensors file with W [instances, n, m] and b_final [instances, n]");
  line.option("instance", "K", "only this instance of the file, counted from 0");
}

std::vector<ChosenModel> read_models(const CommandLine& line) {
  std::vector<LoadedModel> all = load_models(line.text("model"));
  std::vector<ChosenModel> chosen;
  if (line.has("instance")) {
    const std::size_t instance = line.integer("instance", 0, all.size() - 1);
    chosen.push_back({instance, std::move(all[instance])});
    return chosen;
  }
  for (std::size_t i = 0; i < all.size(); ++i) chosen.push_back({i, std::move(all[i])});
  return chosen;
}

}  // namespace digon
