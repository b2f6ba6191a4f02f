#pragma once

#include <Eigen/SparseCore>
#include <cstdint>

#include "core/model/toy_model.hpp"

namespace digon {

/// Samples of sparse features [n×T].
using SparseSamples = Eigen::SparseMatrix<double>;

/// T samples of n features, each on with probability p and then uniform on [0, 1], scaled to norm 1; one
/// without a feature is drawn again (henighan2023). The first of more are the same.
SparseSamples unit_samples(Eigen::Index n, double density, Eigen::Index T, std::uint64_t seed);

/// E x_i over the samples [n]: the best biases of a model that represents nothing.
Eigen::VectorXd means(const SparseSamples& x);

/// Features of k directions, the others absent with their means as biases: those with most in the samples on
/// a regular k-gon of norm 1.17.
ToyModel polygon_of_features(const SparseSamples& x, Eigen::Index k);

/// A model that answers some samples M, K of them, and as good as nothing to the others.
struct MemorisedSamples {
  ToyModel model;
  Eigen::Index kept = 0;  ///< K
};

/// Of at most `most` samples, those of few features first. Each has a direction u_s of a regular K-gon and
/// owns the features that it alone of M has, their squares' sum ρ_s: with R² = 1/(1 − cos(2π/K)),
///   W_i = R x_si/ρ_s u_s,  b_i = x_si (1 − R²/ρ_s)
/// make h_s = R u_s, answer x_si there and 0 in the other directions; features that M shares are absent, and
/// cost 1 − ρ_s. So L is about 1 − Σ_s ρ_s/T. Where K = T samples share nothing this is henighan2023's T-gon.
///
/// A sample outside M costs as much as answering 0 while |h_t| ≤ R cos(2π/K), and some R⁴ beyond: directions
/// are exchanged until no h_t is, and samples dropped where that fails.
///
/// Example: two samples (1, 0) and (0, 1), K = 2, R² = ½: W = (1, −1)/√2, b = ½, the digon.
MemorisedSamples memorise(const SparseSamples& x, Eigen::Index most, std::uint64_t seed);

}  // namespace digon
