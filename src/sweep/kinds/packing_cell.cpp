#include "sweep/kinds/packing_cell.hpp"

#include <limits>

#include "sweep/kinds/optimum_cell.hpp"
#include "sweep/kinds/start_cells.hpp"

namespace digon {
namespace {

using nlohmann::json;

json to_json(const Eigen::MatrixXd& W) {
  return std::vector<double>(W.data(), W.data() + W.size());
}

Eigen::MatrixXd matrix_from(const json& values, Eigen::Index rows, Eigen::Index columns) {
  const auto numbers = values.get<std::vector<double>>();
  return Eigen::Map<const Eigen::MatrixXd>(numbers.data(), rows, columns);
}

/// A start of a search of n points in R^m.
struct PackingStart {
  Eigen::Index points = 0;
  Eigen::Index dim = 0;
  std::size_t number = 0;
  PackingSearch search;
};

json describe(const PackingStart& start) {
  json settings = {{"points", start.points},    {"dim", start.dim},
                   {"start", start.number},     {"given", start.search.given.size()},
                   {"hops", start.search.hops}, {"seed", start.search.seed}};
  if (start.number < start.search.given.size()) settings["from"] = to_json(start.search.given[start.number]);
  return settings;
}

PackingStart start_from(const json& settings) {
  PackingStart start{settings.at("points"), settings.at("dim"), settings.at("start"), {}};
  start.search.hops = settings.at("hops");
  start.search.seed = settings.at("seed");
  start.search.given.resize(settings.at("given"));
  if (settings.contains("from")) {
    start.search.given[start.number] = matrix_from(settings["from"], start.dim, start.points);
  }
  return start;
}

/// The starts of a search as cells of a kind, with what else determines them.
template <typename Found>
RunStarts<Found> in_packing_cells(const CellKind& kind, const json& extra, Eigen::Index points,
                                  Eigen::Index dim, const PackingSearch& search,
                                  std::function<Found(const json&)> read) {
  const auto settings_of = [=](std::size_t k) {
    json settings = describe(PackingStart{points, dim, k, search});
    settings.update(extra);
    return settings;
  };
  return in_cells<Found>("pack", kind, search.threads, settings_of, read);
}

StoredCell compute_packing(const json& settings, const std::string& /*given*/) {
  const PackingStart start = start_from(settings);
  const PackingEnergy energy{static_cast<PairEnergy>(settings.at("energy").get<int>()),
                             settings.at("exponent").get<double>()};
  const Packing found = packing_from_start(energy, start.points, start.dim, start.search, start.number);
  return {{{"W", to_json(found.W)}, {"energy", found.energy}, {"gradient_norm", found.gradient_norm}}, {}};
}

const CellKind packing_kind{"packing", 2, &compute_packing};

}  // namespace

PackingResult search_packing_shared(const PackingEnergy& energy, Eigen::Index points, Eigen::Index dim,
                                    const PackingSearch& search) {
  const json extra = {{"energy", int(energy.kind)}, {"exponent", energy.exponent}};
  const auto read = [&](const json& result) {
    // JSON has no infinite numbers.
    const json& at = result.at("energy");
    const json& gradient_norm = result.at("gradient_norm");
    return Packing{matrix_from(result.at("W"), dim, points),
                   at.is_number() ? at.get<double>() : std::numeric_limits<double>::infinity(),
                   gradient_norm.is_number() ? gradient_norm.get<double>() : 0.0};
  };
  return search_packing(energy, points, dim, search,
                        in_packing_cells<Packing>(packing_kind, extra, points, dim, search, read));
}

namespace {

StoredCell compute_code(const json& settings, const std::string& /*given*/) {
  const PackingStart start = start_from(settings);
  const auto kind = static_cast<CodeKind>(settings.at("code").get<int>());
  return {{{"W", to_json(code_from_start(kind, start.points, start.dim, start.search, start.number))}}, {}};
}

const CellKind code_kind{"spherical code", 2, &compute_code};

}  // namespace

SphericalCodeResult search_spherical_code_shared(CodeKind kind, Eigen::Index points, Eigen::Index dim,
                                                 const PackingSearch& search) {
  const auto read = [&](const json& result) { return matrix_from(result.at("W"), dim, points); };
  return search_spherical_code(
      kind, points, dim, search,
      in_packing_cells<Eigen::MatrixXd>(code_kind, {{"code", int(kind)}}, points, dim, search, read));
}

namespace {

StoredCell compute_one_sparse_descent(const json& settings, const std::string& /*given*/) {
  OptimumOptions options;
  options.starts = settings.at("starts");
  options.seed = settings.at("seed");
  return {to_json(one_sparse_descent(settings.at("features"), settings.at("hidden"), options,
                                     settings.at("start"))),
          {}};
}

const CellKind one_sparse_kind{"one-sparse descent", 1, &compute_one_sparse_descent};

}  // namespace

std::vector<RepresentedOptimum> one_sparse_optima_shared(Eigen::Index features, Eigen::Index hidden,
                                                         const OptimumOptions& options) {
  const auto settings_of = [&](std::size_t k) -> json {
    return {{"features", features},
            {"hidden", hidden},
            {"starts", options.starts},
            {"seed", options.seed},
            {"start", k}};
  };
  const auto read = [&](const json& result) { return descent_from(result, features, hidden); };
  return one_sparse_optima(features, hidden, options,
                           in_cells<Descent>("pack l1", one_sparse_kind, options.threads, settings_of, read));
}

}  // namespace digon
