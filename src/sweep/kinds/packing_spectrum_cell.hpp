#pragma once

#include <Eigen/Core>
#include <vector>

#include "sweep/run_store.hpp"

namespace digon {

/// A search for the packing of n unit vectors in R^m that minimises L_1's interference, Σ max(w_i·w_j, 0)².
struct PackingSpectrumCell {
  Eigen::Index points = 0;  ///< n
  Eigen::Index dim = 0;     ///< m
  std::uint64_t seed = 0;
};

/// The inner products of all n(n − 1)/2 pairs of normalised columns of W [m×n], ascending.
std::vector<double> inner_product_spectrum(const Eigen::MatrixXd& W);

/// The spectrum of the best packing of each cell; throws as sweep does.
std::vector<std::vector<double>> find_packing_spectra(RunStore& store,
                                                      const std::vector<PackingSpectrumCell>& cells,
                                                      std::size_t threads);

}  // namespace digon
