#include "sweep/kinds/packing_spectrum_cell.hpp"

#include <algorithm>

#include "sweep/sweep.hpp"
#include "theory/packing/packing.hpp"

namespace digon {

std::vector<double> inner_product_spectrum(const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd unit = W.colwise().normalized();
  std::vector<double> products;
  for (Eigen::Index i = 0; i < W.cols(); ++i) {
    for (Eigen::Index j = 0; j < i; ++j) products.push_back(unit.col(i).dot(unit.col(j)));
  }
  std::sort(products.begin(), products.end());
  return products;
}

namespace {

StoredCell compute_packing_spectrum(const nlohmann::json& settings, const std::string& /*given*/) {
  const nlohmann::json& packing = settings.at("packing");
  PackingSearch search;
  search.seed = settings.at("seed");
  search.threads = 1;  // the cells are what is shared out
  const PackingResult found =
      search_packing({PairEnergy::relu2, 0.0}, packing.at("points"), packing.at("dim"), search);
  return {{{"inner_products", inner_product_spectrum(found.best.W)}}, {}};
}

const CellKind packing_spectrum_kind{"packing spectrum", 1, &compute_packing_spectrum};

}  // namespace

std::vector<std::vector<double>> find_packing_spectra(RunStore& store,
                                                      const std::vector<PackingSpectrumCell>& cells,
                                                      std::size_t threads) {
  std::vector<SweepCell> searches;
  for (const PackingSpectrumCell& cell : cells) {
    searches.push_back({&packing_spectrum_kind,
                        {{"packing", {{"points", cell.points}, {"dim", cell.dim}, {"energy", "relu2"}}},
                         {"seed", cell.seed}}});
  }
  std::vector<std::vector<double>> spectra;
  for (const StoredCell& found : sweep(store, "packing spectrum", searches, threads)) {
    spectra.push_back(found.result.at("inner_products").get<std::vector<double>>());
  }
  return spectra;
}

}  // namespace digon
