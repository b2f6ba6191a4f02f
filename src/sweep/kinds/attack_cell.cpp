#include "sweep/kinds/attack_cell.hpp"

#include "core/files/model_file.hpp"
#include "empirical/attack/adversarial.hpp"
#include "sweep/sweep.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {
namespace {

StoredCell compute_attack(const nlohmann::json& settings, const std::string& given) {
  const LoadedModel attacked = parse_models(given, "cell").front();
  VulnerabilityOptions options;
  options.radius_share = settings.at("radius");
  options.samples = settings.at("samples");
  options.seed = settings.at("seed");
  options.threads = 1;  // the cells are what is shared out
  const Vulnerability found =
      vulnerability(attacked.model, without_superposition(*attacked.features, attacked.model.hidden()),
                    *attacked.features, options);
  return {{{"relative", found.relative},
           {"increase", found.increase},
           {"by_jacobian", found.by_jacobian},
           {"clean", found.clean},
           {"radius", found.radius}},
          {}};
}

const CellKind attack_kind{"attack", 3, &compute_attack};

}  // namespace

std::vector<AttackedModel> attack_models(RunStore& store, const std::vector<AttackCell>& cells,
                                         std::size_t threads) {
  std::vector<SweepCell> attacks;
  for (const AttackCell& cell : cells) {
    attacks.push_back({&attack_kind,
                       {{"attack_on", cell.trained_by},
                        {"radius", VulnerabilityOptions{}.radius_share},
                        {"samples", cell.samples},
                        {"seed", cell.seed}},
                       serialize_models({{cell.model, cell.features, 0}})});
  }
  std::vector<AttackedModel> attacked;
  for (const StoredCell& found : sweep(store, "adversarial attacks", attacks, threads)) {
    const auto number = [&](const char* key) { return found.result.at(key).get<double>(); };
    attacked.push_back({number("relative"), number("increase"), number("clean"), number("by_jacobian")});
  }
  return attacked;
}

}  // namespace digon
